/* ask: one request whose answer is needed before anything else is decided; others go on meanwhile.
 */
#ifndef DRYDOCK_SYNC_ASK_H
#define DRYDOCK_SYNC_ASK_H

#include "sync/dispatch.h"

#include "base/str.h"

struct ask_head {
	char etag[ETAG_MAX + 1];
	uint64_t size_bytes;
	bool opaque; /* SSE-KMS or SSE-C: the ETag says nothing */
};

/* 1 found, 0 there is no such key, -1. */
int ask_head(struct dispatch *d, const char *key, struct ask_head *head,
             struct err *err) MUST_CHECK;
/* As ask_head; the body is appended to `body`, whose max bounds it. */
int ask_get(struct dispatch *d, const char *key, struct ask_head *head, struct str *body,
            struct err *err) MUST_CHECK;

#endif
