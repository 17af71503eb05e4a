/* ask: one request whose answer is needed before anything else is decided; others go on meanwhile.
 */
#ifndef DRYDOCK_SYNC_ASK_H
#define DRYDOCK_SYNC_ASK_H

#include "sync/dispatch.h"

#include "base/str.h"

struct ask_head {
	char etag[ETAG_MAX + 1];
	uint64_t size_bytes;
	char sha256[2 * SHA256_BYTES + 1]; /* x-amz-meta-drydock-sha256; "" none */
	bool opaque;                       /* SSE-KMS or SSE-C: the ETag says nothing */
};

/* 1 found, 0 there is no such key, -1. */
int ask_head(struct dispatch *d, const char *key, struct ask_head *head,
             struct err *err) MUST_CHECK;
/* As ask_head; the body is appended to `body`, whose max bounds it. */
int ask_get(struct dispatch *d, const char *key, struct ask_head *head, struct str *body,
            struct err *err) MUST_CHECK;
/* The hash of an object's bytes, fetched in steps of a few MiB. 1, 0 it is gone or shorter, -1. */
int ask_hash(struct dispatch *d, const char *key, uint64_t size_bytes, enum hash_kind kind,
             uint8_t *out, struct err *err) MUST_CHECK;

#endif
