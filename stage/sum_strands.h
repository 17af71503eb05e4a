/*
 * sum_strands: the sums of a stream of chunks on the pool: one strand for SHA-256 and SHA-512, one
 * for the MD5s, side by side.
 *
 *     sum_strands_start(&s, kinds, part_bytes, pool, job, err);
 *     while (…) sum_strands_post(&s, chunk);             NULL at the end
 *     job_wait(job); job_check(job, err);
 *     sum_strands_take(&s, &sums);
 *     sum_strands_release(&s);                           always, after job_wait
 */
#ifndef DRYDOCK_STAGE_SUM_STRANDS_H
#define DRYDOCK_STAGE_SUM_STRANDS_H

#include "base/blob_sum.h"
#include "stage/md5_parts.h"
#include "stage/strand.h"

struct sum_strands {
	unsigned kinds; /* enum sum_kind bits */
	struct strand sha_strand, md5_strand;
	struct blob_summer sha; /* of the kinds that are no MD5 */
	struct md5_parts md5;
	struct blob_sums sha_sums, md5_sums; /* owned: the results of the two */
};

/* `part_bytes` is a multiple of 64 when `kinds` has SUM_PART_MD5. */
int sum_strands_start(struct sum_strands *s, unsigned kinds, uint64_t part_bytes, struct pool *pool,
                      struct job *job, struct err *err) MUST_CHECK;
void sum_strands_post(struct sum_strands *s, struct chunk *chunk);
/* Moves the result of an ended stream to *sums, which is zero or released. */
void sum_strands_take(struct sum_strands *s, struct blob_sums *sums);
void sum_strands_release(struct sum_strands *s);

#endif
