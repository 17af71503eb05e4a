#include "stage/blob/part_sums.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/blob/md5_lanes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of each part at a time: all lanes together stay in a core's own cache, and the buffers of all
 * threads together are small beside the pool's.
 */
enum { STRIPE_BYTES_MAX = 32 << 10, STRIPE_BYTES_MIN = 4 << 10, STRIPES_BYTES_MAX = 2 << 20 };

/* After so much of each part others may go before: the chain of SHA-256 is longer. */
enum { TURN_BYTES = 256 << 10 };

/* Fewer parts than this go faster one by one (stage/blob/md5_lanes.h: 300 MB/s a lane). */
enum { LANES_WORTH = 3 };

/* Parts that one thread hashes together: up to MD5_LANES whole ones, or a single one. */
struct part_group {
	struct pool_task task;
	struct part_sums *owner; /* borrowed */
	struct part_group *next;
	uint64_t at_bytes;     /* of its first part, from the first byte of part 1 */
	uint64_t length_bytes; /* of each of its parts */
	unsigned count;
	uint64_t done_bytes; /* of each part */
	uint8_t *buffer;     /* owned while it is under way: a stripe for each part */
	struct md5_lanes lanes;
	struct hash alone; /* instead of the lanes, of a single part */
	uint8_t md5[MD5_LANES][MD5_BYTES];
};

static int read_stripe(const struct part_group *g, unsigned index, size_t len, struct err *err)
{
	const struct part_sums *p = g->owner;
	uint64_t at = p->offset_bytes + g->at_bytes + index * g->length_bytes + g->done_bytes;
	ssize_t n = file_read_at(p->fd, g->buffer + index * p->stripe_bytes, len, at, p->what, err);

	if (n < 0)
		return -1;
	if ((size_t)n < len)
		return err_set(err, ERR_INTEGRITY, "%s became shorter while it was hashed",
		               p->what);
	return 0;
}

static int begin(struct part_group *g, struct err *err)
{
	g->buffer = malloc(g->owner->stripe_bytes * g->count);
	if (!g->buffer)
		return err_memory(err);
	md5_lanes_start(&g->lanes);
	return g->count == 1 ? hash_start(&g->alone, HASH_MD5, err) : 0;
}

/* The next stripe of each part. */
static int add_stripes(struct part_group *g, struct err *err)
{
	uint64_t left = g->length_bytes - g->done_bytes;
	size_t stripe = g->owner->stripe_bytes, len = left < stripe ? (size_t)left : stripe;
	const uint8_t *data[MD5_LANES];

	for (unsigned i = 0; i < g->count; i++)
		if (read_stripe(g, i, len, err) < 0)
			return -1;
	g->done_bytes += len;
	if (g->count == 1)
		return hash_add(&g->alone, g->buffer, len, err);
	/* Lanes without a part hash the first one again. */
	for (unsigned lane = 0; lane < MD5_LANES; lane++)
		data[lane] = g->buffer + (lane < g->count ? lane : 0) * stripe;
	md5_lanes_add(&g->lanes, data, len / MD5_BLOCK_BYTES);
	return 0;
}

static int finish(struct part_group *g, struct err *err)
{
	if (g->count == 1)
		return hash_finish(&g->alone, g->md5[0], err);
	md5_lanes_finish(&g->lanes, g->length_bytes, g->md5);
	return 0;
}

/* 1 when the group is done, 0 when there is more to do, -1. */
static int work(struct part_group *g, struct err *err)
{
	uint64_t turn_end;

	if (!g->buffer && begin(g, err) < 0)
		return -1;
	turn_end = g->done_bytes + TURN_BYTES;
	while (g->done_bytes < turn_end && g->done_bytes < g->length_bytes)
		if (add_stripes(g, err) < 0)
			return -1;
	if (g->done_bytes < g->length_bytes)
		return 0;
	return finish(g, err) < 0 ? -1 : 1;
}

static void run(struct pool_task *task)
{
	struct part_group *g =
		(struct part_group *)((char *)task - offsetof(struct part_group, task));
	struct task_group *group = g->owner->group;
	struct err err = ERR_INIT;
	int done = task_group_failed(group) ? 1 : work(g, &err);

	if (done < 0)
		task_group_fail(group, &err);
	if (done == 0) {
		pool_resume(g->owner->pool, POOL_LATER, task);
		return;
	}
	free(STEAL(g->buffer));
	hash_release(&g->alone);
	task_group_end(group);
}

/* Sends the next `count` parts of `length_bytes` each on their way. */
static int begin_group(struct part_sums *p, unsigned count, uint64_t length_bytes, struct err *err)
{
	struct part_group *g = calloc(1, sizeof(*g));

	if (!g)
		return err_memory(err);
	g->task.run = run;
	g->owner = p;
	g->at_bytes = p->begun_bytes;
	g->length_bytes = length_bytes;
	g->count = count;
	*(p->last ? &p->last->next : &p->first) = g;
	p->last = g;
	p->begun_bytes += count * length_bytes;
	task_group_begin(p->group);
	pool_submit(p->pool, POOL_LATER, &g->task);
	return 0;
}

static size_t stripe_bytes(const struct pool *pool)
{
	size_t bytes = STRIPE_BYTES_MAX;

	while (bytes > STRIPE_BYTES_MIN &&
	       bytes * MD5_LANES * pool_cpu_threads(pool) > STRIPES_BYTES_MAX)
		bytes /= 2;
	return bytes;
}

void part_sums_start(struct part_sums *p, int fd, uint64_t offset_bytes, uint64_t part_bytes,
                     const char *what, struct pool *pool, struct task_group *group)
{
	assert(part_bytes && part_bytes % STRIPE_BYTES_MAX == 0);
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->offset_bytes = offset_bytes;
	p->part_bytes = part_bytes;
	p->what = what;
	p->stripe_bytes = stripe_bytes(pool);
	p->pool = pool;
	p->group = group;
}

int part_sums_grow(struct part_sums *p, uint64_t bytes, struct err *err)
{
	while ((bytes - p->begun_bytes) / p->part_bytes >= MD5_LANES)
		if (begin_group(p, MD5_LANES, p->part_bytes, err) < 0)
			return -1;
	return 0;
}

int part_sums_end(struct part_sums *p, uint64_t bytes, struct err *err)
{
	unsigned whole;

	if (part_sums_grow(p, bytes, err) < 0)
		return -1;
	whole = (unsigned)((bytes - p->begun_bytes) / p->part_bytes);
	if (whole >= LANES_WORTH && begin_group(p, whole, p->part_bytes, err) < 0)
		return -1;
	for (; whole && whole < LANES_WORTH; whole--)
		if (begin_group(p, 1, p->part_bytes, err) < 0)
			return -1;
	/* The short one; no bytes at all are one empty part. */
	if (bytes > p->begun_bytes || bytes == 0)
		return begin_group(p, 1, bytes - p->begun_bytes, err);
	return 0;
}

int part_sums_take(struct part_sums *p, struct blob_sums *sums, struct err *err)
{
	uint64_t count = 0;

	for (const struct part_group *g = p->first; g; g = g->next)
		count += g->count;
	sums->part_bytes = p->part_bytes;
	sums->part_count = 0;
	sums->part_md5 = calloc(count ? count : 1, sizeof(*sums->part_md5));
	if (!sums->part_md5)
		return err_memory(err);
	for (const struct part_group *g = p->first; g; g = g->next) {
		memcpy(sums->part_md5[sums->part_count], g->md5, g->count * (size_t)MD5_BYTES);
		sums->part_count += g->count;
	}
	sums->what |= SUM_PART_MD5;
	return 0;
}

void part_sums_release(struct part_sums *p)
{
	struct part_group *next;

	for (struct part_group *g = p->first; g; g = next) {
		next = g->next;
		free(g);
	}
	p->first = p->last = NULL;
}
