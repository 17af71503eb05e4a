/*
 * parallel_sums: the sums of a file's bytes on the pool, side by side: SHA-256 and SHA-512 of the
 * chunks as they pass by, the MD5s of the parts from the file (stage/blob/part_sums.h), and, for
 * what S3 takes in one PUT, the MD5 of the whole.
 *
 *     parallel_sums_start(&s, &what, pool, group, err);
 *     while (…) {
 *             parallel_sums_post(&s, chunk);
 *             parallel_sums_grow(&s, bytes, err);          so many bytes can be read from the file
 *     }
 *     parallel_sums_post(&s, NULL);                        no more chunks
 *     parallel_sums_end(&s, bytes, err);                   and no more of the file
 *     task_group_wait(group); task_group_check(group, err);
 *     parallel_sums_take(&s, &sums, err);
 *     parallel_sums_release(&s);                           always, after task_group_wait
 *
 * One thread at a time posts, one (the same or another) grows and ends.
 *
 * Above MULTIPART_THRESHOLD the ETag is made of the parts' MD5s, and the whole's, a chain that one
 * core needs longest for, is left out where those of the parts are wanted: `what` tells.
 */
#ifndef DRYDOCK_STAGE_BLOB_PARALLEL_SUMS_H
#define DRYDOCK_STAGE_BLOB_PARALLEL_SUMS_H

#include "base/blob_sum.h"
#include "stage/blob/part_sums.h"
#include "stage/work/strand.h"

struct parallel_sums_options {
	unsigned kinds; /* enum sum_kind bits */
	int fd;         /* borrowed: the file, open for reading; only used for SUM_PART_MD5 */
	uint64_t offset_bytes;   /* where in it the bytes begin */
	uint64_t part_bytes;     /* for SUM_PART_MD5: as base/part_size.h has it */
	const char *what;        /* borrowed: names the file in errors */
	uint64_t expected_bytes; /* how many there will be, if known; 0: not */
};

struct parallel_sums {
	unsigned kinds;
	uint64_t whole_max_bytes; /* up to here the MD5 of the whole is wanted */
	uint64_t expected_bytes, posted_bytes;
	struct strand sha_strand, md5_strand;
	struct blob_summer sha, md5;
	struct blob_sums sha_sums, md5_sums; /* owned: the results of the two */
	struct part_sums parts;
};

int parallel_sums_start(struct parallel_sums *s, const struct parallel_sums_options *options,
                        struct pool *pool, struct task_group *group, struct err *err) MUST_CHECK;
void parallel_sums_post(struct parallel_sums *s, struct chunk *chunk);
int parallel_sums_grow(struct parallel_sums *s, uint64_t bytes, struct err *err) MUST_CHECK;
int parallel_sums_end(struct parallel_sums *s, uint64_t bytes, struct err *err) MUST_CHECK;
/* Moves the result of an ended stream to *sums, which is zero or released. */
int parallel_sums_take(struct parallel_sums *s, struct blob_sums *sums, struct err *err) MUST_CHECK;
void parallel_sums_release(struct parallel_sums *s);

#endif
