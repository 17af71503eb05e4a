/* blob: the bytes that the root holds, by digest, with the MD5s that S3 will be told. */
#ifndef DRYDOCK_DB_STATE_BLOB_H
#define DRYDOCK_DB_STATE_BLOB_H

#include "base/blob_sum.h"
#include "base/digest.h"
#include "db/state/db.h"

struct blob_row {
	struct digest digest;
	uint64_t size_bytes;
	uint8_t sha256[SHA256_BYTES];
	uint8_t md5[MD5_BYTES]; /* md5_known() tells whether it is */
	int64_t verified_at;    /* seconds, UTC: when the bytes were last hashed */
};

/* 1 found, 0 not found, -1. `row` may be NULL. */
int blob_get(struct db *db, const struct digest *d, struct blob_row *row,
             struct err *err) MUST_CHECK;

/*
 * Records verified bytes, and the MD5s of their parts where there are several. `sums` must
 * hold SHA-256 and MD5; those above MULTIPART_THRESHOLD parts instead of MD5. A blob that is there
 * is refreshed.
 */
int blob_put(struct db *db, const struct digest *d, const struct blob_sums *sums,
             struct err *err) MUST_CHECK;

/* Records the cut of a blob by another part size. */
int blob_parts_put(struct db *db, const struct digest *d, const struct blob_sums *sums,
                   struct err *err) MUST_CHECK;

/*
 * The MD5s of the blob's parts for `part_bytes`: 1 found (*md5s is the caller's to free, `count`
 * entries), 0 not recorded, -1. A blob of one part has its MD5, where known, as its only part.
 */
int blob_parts_get(struct db *db, const struct digest *d, uint64_t part_bytes,
                   uint8_t (**md5s)[MD5_BYTES], uint32_t *count, struct err *err) MUST_CHECK;

/* Only the composite (MD5 of the part MD5s). 1, 0, -1. */
int blob_composite_get(struct db *db, const struct digest *d, uint64_t part_bytes,
                       uint8_t composite[MD5_BYTES], struct err *err) MUST_CHECK;

int blob_delete(struct db *db, const struct digest *d, struct err *err) MUST_CHECK;

#endif
