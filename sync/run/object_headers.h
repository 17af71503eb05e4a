/*
 * object_headers: the headers that an object is stored with, by class (U3, U5).
 *
 *     Content-Type, Cache-Control
 *     x-amz-meta-drydock-token          recognises our own upload after a lost answer
 *     x-amz-meta-drydock-sha256         blobs and manifests (and pages: sync/pages)
 *     x-amz-meta-docker-content-digest  manifests and tags
 *     x-amz-meta-drydock-staged-at      tags: since when they point there (W1)
 *     x-amz-acl, server-side encryption, storage class: only when asked for
 */
#ifndef DRYDOCK_SYNC_RUN_OBJECT_HEADERS_H
#define DRYDOCK_SYNC_RUN_OBJECT_HEADERS_H

#include "sync/run/run.h"

#include "base/units.h"
#include "db/state/object.h"

enum { OBJECT_HEADERS_META_MAX = 3 };
#define META_SHA256    "drydock-sha256"
#define META_DIGEST    "docker-content-digest"
#define META_STAGED_AT "drydock-staged-at"

/* Holds the text that s3_attributes borrows; must stay where it is while they are in use. */
struct object_headers {
	struct s3_attributes s3; /* what a request takes; points to the others */
	struct s3_meta meta[OBJECT_HEADERS_META_MAX];
	char content_type[MEDIA_TYPE_MAX];
	char sha256[2 * SHA256_BYTES + 1]; /* blobs, manifests */
	char digest[DIGEST_TEXT_MAX];      /* manifests, tags */
	char token[TOKEN_TEXT_MAX];        /* of this upload, or of this run's PUTs */
	char staged_at[UNITS_TEXT_MAX];    /* tags */
};

/* `sha256` is of the bytes; `token` of the upload. */
int object_headers_make(struct object_headers *a, struct sync_run *run,
                        const struct plan_item *item, const uint8_t sha256[SHA256_BYTES],
                        const char *token, struct err *err) MUST_CHECK;
/* What all objects of a class are stored with; and what any object is, where it was asked for. */
const char *object_headers_cache_control(const struct sync_options *o,
                                         enum object_class object_class);
void object_headers_chosen(struct s3_attributes *s3, const struct sync_options *o);

#endif
