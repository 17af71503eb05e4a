/*
 * ask: one question about one object. ask_head and its like wait for the answer, because nothing
 * else can be decided before it; requests that are under way go on meanwhile. Where there is
 * something else to do:
 *
 *     ask_start(&a, d, S3_HEAD, key, NULL);    `a` and `key` live until it is over
 *     … dispatch_step … until ask_is_over(&a)
 *     got = ask_end(&a, err);                  1 found (a.head), 0 there is no such key, -1
 */
#ifndef DRYDOCK_SYNC_DISPATCH_ASK_H
#define DRYDOCK_SYNC_DISPATCH_ASK_H

#include "sync/dispatch/dispatch.h"

#include "base/str.h"
#include "db/state/upload.h"

struct ask_head {
	char etag[ETAG_MAX + 1];
	uint64_t size_bytes;
	char sha256[2 * SHA256_BYTES + 1]; /* x-amz-meta-drydock-sha256; "" none */
	char token[UPLOAD_TOKEN_TEXT_MAX]; /* x-amz-meta-drydock-token; "" none, or no token */
	char digest[DIGEST_TEXT_MAX + 1];  /* x-amz-meta-docker-content-digest; "" none */
	bool opaque;                       /* the ETag says nothing of the bytes */
};

struct ask {
	struct task task;
	struct ask_head head;
	struct str *body; /* borrowed; NULL: HEAD */
	bool over;        /* it was answered, or failed */
	int result;       /* as ask_end, when over */
	struct err err;
};

/* S3_HEAD, or S3_GET with `body`. */
void ask_start(struct ask *a, struct dispatch *d, enum s3_op op, const char *key, struct str *body);
bool ask_is_over(const struct ask *a);
int ask_end(const struct ask *a, struct err *err) MUST_CHECK;

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
