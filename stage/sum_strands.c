#include "stage/sum_strands.h"

#include <string.h>

enum { SHA_KINDS = SUM_SHA256 | SUM_SHA512, MD5_KINDS = SUM_MD5 | SUM_PART_MD5 };

static int sha_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct sum_strands *s = owner;

	if (!chunk)
		return blob_summer_finish(&s->sha, &s->sha_sums, err);
	return blob_summer_add(&s->sha, chunk->data, chunk->len, err);
}

static int md5_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct sum_strands *s = owner;

	if (!chunk)
		return md5_parts_finish(&s->md5, &s->md5_sums, err);
	return md5_parts_add(&s->md5, chunk->data, chunk->len, err);
}

int sum_strands_start(struct sum_strands *s, unsigned kinds, uint64_t part_bytes, struct pool *pool,
                      struct job *job, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->kinds = kinds;
	strand_init(&s->sha_strand, pool, POOL_CPU, job, sha_step, s);
	strand_init(&s->md5_strand, pool, POOL_CPU, job, md5_step, s);
	/* Both kinds of MD5 cost as much as one, so one alone needs no case of its own. */
	md5_parts_start(&s->md5, kinds & SUM_PART_MD5 ? part_bytes : PART_SIZE_MINIMUM);
	return blob_summer_start(&s->sha, kinds & SHA_KINDS, 0, err);
}

void sum_strands_post(struct sum_strands *s, struct chunk *chunk)
{
	if (s->kinds & MD5_KINDS)
		strand_post(&s->md5_strand, chunk);
	if (s->kinds & SHA_KINDS)
		strand_post(&s->sha_strand, chunk);
}

void sum_strands_take(struct sum_strands *s, struct blob_sums *sums)
{
	memset(sums, 0, sizeof(*sums));
	s->md5_sums.what &= s->kinds;
	blob_sums_merge(sums, &s->md5_sums);
	blob_sums_merge(sums, &s->sha_sums);
	sums->size_bytes = s->kinds & MD5_KINDS ? s->md5_sums.size_bytes : s->sha_sums.size_bytes;
}

void sum_strands_release(struct sum_strands *s)
{
	strand_release(&s->sha_strand);
	strand_release(&s->md5_strand);
	blob_summer_release(&s->sha);
	md5_parts_release(&s->md5);
	blob_sums_release(&s->sha_sums);
	blob_sums_release(&s->md5_sums);
}
