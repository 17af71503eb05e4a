/*
 * blob_sum: everything drydock wants to know of a blob's bytes, computed while they pass by once.
 *
 *     struct blob_summer s = BLOB_SUMMER_INIT;
 *     blob_summer_start(&s, SUM_ALL, PART_SIZE_MINIMUM, err);
 *     while (…) blob_summer_add(&s, data, len, err);
 *     blob_summer_finish(&s, &sums, err);       sums are the caller's; release both
 *
 * Several summers with different `what` may be fed the same bytes on different threads, and their
 * results merged with blob_sums_merge, so that the kinds run side by side.
 */
#ifndef DRYDOCK_BASE_BLOB_SUM_H
#define DRYDOCK_BASE_BLOB_SUM_H

#include "base/hash.h"
#include "base/part_size.h"

#include <stdbool.h>

enum sum_kind {
	SUM_SHA256 = 1,
	SUM_SHA512 = 2,
	SUM_MD5 = 4,      /* of the whole: what S3's ETag of a single PUT is */
	SUM_PART_MD5 = 8, /* of each part: what the ETag of a multipart upload is made of */
	SUM_DEFAULT = SUM_SHA256 | SUM_MD5 | SUM_PART_MD5,
};

/* The result. Zero-initialise; blob_sums_release frees. */
struct blob_sums {
	unsigned what; /* enum sum_kind bits: which of the fields are valid */
	uint64_t size_bytes;
	uint8_t sha256[SHA256_BYTES];
	uint8_t sha512[SHA512_BYTES];
	uint8_t md5[MD5_BYTES];
	uint64_t part_bytes;            /* size of all parts but the last */
	uint32_t part_count;            /* entries in part_md5 */
	uint8_t (*part_md5)[MD5_BYTES]; /* owned; [index], part number - 1 */
};

struct blob_summer {
	unsigned what;
	struct hash sha256, sha512, md5, part;
	uint64_t part_filled; /* bytes in the part that is being hashed */
	size_t part_cap;      /* entries allocated in sums.part_md5 */
	struct blob_sums sums;
};

#define BLOB_SUMMER_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}

/* `part_bytes` > 0 when `what` has SUM_PART_MD5. */
int blob_summer_start(struct blob_summer *s, unsigned what, uint64_t part_bytes,
                      struct err *err) MUST_CHECK;
int blob_summer_add(struct blob_summer *s, const void *data, size_t len,
                    struct err *err) MUST_CHECK;
/* Moves the result to *sums (which must be zero or released). */
int blob_summer_finish(struct blob_summer *s, struct blob_sums *sums, struct err *err) MUST_CHECK;
void blob_summer_release(struct blob_summer *s);

void blob_sums_release(struct blob_sums *sums);
/* Moves what `from` knows and `to` does not. Both are of the same bytes. */
void blob_sums_merge(struct blob_sums *to, struct blob_sums *from);

/* The kinds needed to check `alg` beside those that are always recorded. */
unsigned blob_sums_for(enum digest_alg alg);
/* The digest of the bytes by `alg`, which must be among sums->what. */
struct digest blob_sums_digest(const struct blob_sums *sums, enum digest_alg alg);

#endif
