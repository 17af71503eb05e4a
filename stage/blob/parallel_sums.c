#include "stage/blob/parallel_sums.h"

#include <string.h>

enum { SHA_KINDS = SUM_SHA256 | SUM_SHA512 };

static int step(struct blob_summer *summer, struct blob_sums *sums, struct chunk *chunk,
                struct err *err)
{
	if (!chunk)
		return blob_summer_finish(summer, sums, err);
	return blob_summer_add(summer, chunk->data, chunk->len, err);
}

static int sha_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct parallel_sums *s = owner;

	return step(&s->sha, &s->sha_sums, chunk, err);
}

static int md5_step(void *owner, struct chunk *chunk, struct err *err)
{
	struct parallel_sums *s = owner;

	return step(&s->md5, &s->md5_sums, chunk, err);
}

int parallel_sums_start(struct parallel_sums *s, const struct parallel_sums_options *options,
                        struct pool *pool, struct task_group *group, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->kinds = options->kinds;
	s->expected_bytes = options->expected_bytes;
	s->whole_max_bytes = s->kinds & SUM_PART_MD5 ? MULTIPART_THRESHOLD : UINT64_MAX;
	strand_init(&s->sha_strand, pool, POOL_CPU, group, sha_step, s);
	strand_init(&s->md5_strand, pool, POOL_CPU, group, md5_step, s);
	if (s->kinds & SUM_PART_MD5)
		part_sums_start(&s->parts, options->fd, options->offset_bytes, options->part_bytes,
		                options->what, pool, group);
	if (blob_summer_start(&s->sha, s->kinds & SHA_KINDS, 0, err) < 0)
		return -1;
	return blob_summer_start(&s->md5, s->kinds & SUM_MD5, 0, err);
}

/* So far the MD5 of the whole is worth computing. */
static bool whole_wanted(const struct parallel_sums *s)
{
	return (s->kinds & SUM_MD5) && s->posted_bytes <= s->whole_max_bytes &&
	       s->expected_bytes <= s->whole_max_bytes;
}

void parallel_sums_post(struct parallel_sums *s, struct chunk *chunk)
{
	if (chunk)
		s->posted_bytes += chunk->len;
	if (whole_wanted(s))
		strand_post(&s->md5_strand, chunk);
	if (s->kinds & SHA_KINDS)
		strand_post(&s->sha_strand, chunk);
}

int parallel_sums_grow(struct parallel_sums *s, uint64_t bytes, struct err *err)
{
	return s->kinds & SUM_PART_MD5 ? part_sums_grow(&s->parts, bytes, err) : 0;
}

/* What fits into one part has the whole's MD5 for that of its part. */
static bool is_one_part(const struct parallel_sums *s, uint64_t bytes)
{
	return (s->kinds & SUM_MD5) && bytes <= s->parts.part_bytes &&
	       s->expected_bytes <= s->whole_max_bytes;
}

int parallel_sums_end(struct parallel_sums *s, uint64_t bytes, struct err *err)
{
	if (!(s->kinds & SUM_PART_MD5) || is_one_part(s, bytes))
		return 0;
	return part_sums_end(&s->parts, bytes, err);
}

int parallel_sums_take(struct parallel_sums *s, struct blob_sums *sums, struct err *err)
{
	memset(sums, 0, sizeof(*sums));
	blob_sums_merge(sums, &s->sha_sums);
	blob_sums_merge(sums, &s->md5_sums);
	sums->size_bytes = s->posted_bytes;
	if (!(s->kinds & SUM_PART_MD5))
		return 0;
	if (part_sums_take(&s->parts, sums, err) < 0)
		return -1;
	if (sums->part_count == 0) {
		memcpy(sums->part_md5[0], sums->md5, MD5_BYTES);
		sums->part_count = 1;
	}
	return 0;
}

void parallel_sums_release(struct parallel_sums *s)
{
	strand_release(&s->sha_strand);
	strand_release(&s->md5_strand);
	blob_summer_release(&s->sha);
	blob_summer_release(&s->md5);
	blob_sums_release(&s->sha_sums);
	blob_sums_release(&s->md5_sums);
	part_sums_release(&s->parts);
}
