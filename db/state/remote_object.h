/*
 * remote_object: what this root put under a key of a bucket, or verified there. The bucket is the
 * truth about what is there; this says what its ETag meant when we last knew.
 */
#ifndef DRYDOCK_DB_STATE_REMOTE_OBJECT_H
#define DRYDOCK_DB_STATE_REMOTE_OBJECT_H

#include "base/layout.h"
#include "db/state/db.h"

enum { REMOTE_ETAG_MAX = 129 }; /* with the NUL; S3's are at most 46, Google's longer */

struct remote_object_row {
	char etag[REMOTE_ETAG_MAX]; /* without quotes */
	uint64_t size_bytes;
	struct digest digest;     /* of our bytes, or, for merged lists, of our part of them */
	uint64_t part_size_bytes; /* of the ETag; 0: single PUT or unknown */
	int64_t verified_at;      /* seconds, UTC: when the bucket last had these bytes */
	int64_t generation;       /* of the remote, when it was sent or merged */
	int sent_by_us;           /* 1, or 0: it was found there */
	int64_t unreachable_at;   /* seconds, UTC, since when nothing staged refers to it; 0: needed
	                           */
};

/* 1 found, 0 not found, -1. */
int remote_object_get(struct db *db, int64_t remote, const char *key, struct remote_object_row *row,
                      struct err *err) MUST_CHECK;
/* Inserts or replaces. What we once sent stays sent by us until it is deleted. */
int remote_object_put(struct db *db, int64_t remote, const char *key,
                      const struct remote_object_row *row, struct err *err) MUST_CHECK;
int remote_object_delete(struct db *db, int64_t remote, const char *key,
                         struct err *err) MUST_CHECK;
/* Whether anything is recorded of this remote. 1, 0, -1. */
int remote_object_any(struct db *db, int64_t remote, struct err *err) MUST_CHECK;

#endif
