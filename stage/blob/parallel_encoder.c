#include "stage/blob/parallel_encoder.h"

#include "stage/blob/encoder.h"

#include <stdlib.h>

struct lane {
	struct parallel_encoder *owner; /* borrowed */
	struct pool_task task;
	struct encoder *encoder; /* owned */
	struct chunk *spare;     /* owned */
	struct chunk *chunk;     /* owned: being compressed; NULL while the lane is free */
};

struct parallel_encoder {
	struct recipe recipe;
	struct pool *pool; /* borrowed, as is what follows */
	struct task_group *group;
	parallel_encoder_emit *emit;
	void *owner;
	unsigned lane_max;
	pthread_mutex_t lock; /* for what follows */
	struct lane lanes[POOL_THREADS_MAX];
	unsigned lane_count;
	/*
	 * Indexes: emitted <= started <= posted. A chunk is at [index % CHUNKS_MAX]: waiting if its
	 * index is not below `started`, or else a frame that waits for those before it.
	 */
	struct chunk *chunks[CHUNKS_MAX]; /* owned */
	uint64_t emitted, started, posted;
	bool ended; /* `posted` is final */
};

/* A lane needs its spare and, to be busy, a chunk; the reader needs one to fill. */
static unsigned lanes_allowed(const struct recipe *recipe, struct pool *pool)
{
	size_t memory = chunk_set_max_bytes(pool_chunks(pool));
	size_t by_buffers = memory / encoder_bound(recipe) / 2;
	size_t by_encoders = memory / encoder_memory_bytes(recipe);
	size_t allowed = pool_cpu_threads(pool);

	if (allowed > by_buffers)
		allowed = by_buffers;
	if (allowed > by_encoders)
		allowed = by_encoders;
	return allowed ? (unsigned)allowed : 1;
}

struct parallel_encoder *parallel_encoder_new(const struct recipe *recipe, struct pool *pool,
                                              struct task_group *group, parallel_encoder_emit *emit,
                                              void *owner, struct err *err)
{
	struct parallel_encoder *p = calloc(1, sizeof(*p));

	if (!p) {
		(void)err_memory(err);
		return NULL;
	}
	p->recipe = *recipe;
	p->pool = pool;
	p->group = group;
	p->emit = emit;
	p->owner = owner;
	p->lane_max = lanes_allowed(recipe, pool);
	(void)pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void drop_chunks(struct parallel_encoder *p)
{
	for (int i = 0; i < CHUNKS_MAX; i++) {
		chunk_drop(p->chunks[i]);
		p->chunks[i] = NULL;
	}
}

/* An ended stream holds no memory that the next one might wait for. */
static void drop_lanes(struct parallel_encoder *p)
{
	for (unsigned i = 0; i < p->lane_count; i++) {
		encoder_free(p->lanes[i].encoder);
		chunk_drop(p->lanes[i].spare);
		p->lanes[i].encoder = NULL;
		p->lanes[i].spare = NULL;
	}
}

void parallel_encoder_free(struct parallel_encoder *p)
{
	if (!p)
		return;
	drop_chunks(p);
	drop_lanes(p);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Under the lock: hands waiting chunks to free lanes. */
static void start_waiting(struct parallel_encoder *p)
{
	for (unsigned i = 0; i < p->lane_count && p->started < p->posted; i++) {
		struct lane *lane = &p->lanes[i];
		struct chunk **slot = &p->chunks[p->started % CHUNKS_MAX];

		if (lane->chunk)
			continue;
		lane->chunk = *slot;
		*slot = NULL;
		p->started++;
		task_group_begin(p->group);
		pool_submit(p->pool, POOL_CPU, &lane->task);
	}
}

/* Under the lock: lets go what is next in order. */
static void emit_done(struct parallel_encoder *p)
{
	struct chunk **slot = &p->chunks[p->emitted % CHUNKS_MAX];

	while (p->emitted < p->started && *slot) {
		p->emit(p->owner, *slot);
		chunk_drop(*slot);
		*slot = NULL;
		p->emitted++;
		slot = &p->chunks[p->emitted % CHUNKS_MAX];
	}
	if (p->ended && p->emitted == p->posted) {
		p->ended = false;
		drop_lanes(p);
		p->emit(p->owner, NULL);
	}
}

static int compress(struct lane *lane, struct err *err)
{
	struct chunk *chunk = lane->chunk, *spare = lane->spare;
	uint8_t *plain = chunk->data;

	if (encoder_run(lane->encoder, plain, chunk->len, spare->data, &chunk->len, err) < 0)
		return -1;
	chunk->data = spare->data;
	spare->data = plain;
	return 0;
}

static void run(struct pool_task *task)
{
	struct lane *lane = (struct lane *)((char *)task - offsetof(struct lane, task));
	struct parallel_encoder *p = lane->owner;
	struct task_group *group = p->group;
	struct err err = ERR_INIT;

	if (!task_group_failed(group) && compress(lane, &err) < 0)
		task_group_fail(group, &err);
	(void)pthread_mutex_lock(&p->lock);
	if (task_group_failed(group)) {
		chunk_drop(lane->chunk);
		lane->chunk = NULL;
		drop_chunks(p); /* the writer may be waiting for one */
	} else {
		p->chunks[lane->chunk->index % CHUNKS_MAX] = lane->chunk;
		lane->chunk = NULL;
		emit_done(p);
		start_waiting(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
	task_group_end(group);
}

static int add_lane(struct parallel_encoder *p, struct err *err)
{
	struct encoder *encoder = encoder_new(&p->recipe, err);
	struct lane *lane;
	struct chunk *spare;

	if (!encoder)
		return -1;
	spare = chunk_take(pool_chunks(p->pool), encoder_bound(&p->recipe), err);
	if (!spare) {
		encoder_free(encoder);
		return -1;
	}
	(void)pthread_mutex_lock(&p->lock);
	lane = &p->lanes[p->lane_count++];
	lane->owner = p;
	lane->task.run = run;
	lane->encoder = encoder;
	lane->spare = spare;
	start_waiting(p);
	(void)pthread_mutex_unlock(&p->lock);
	return 0;
}

int parallel_encoder_prepare(struct parallel_encoder *p, uint64_t index, struct err *err)
{
	if (index < p->lane_count || p->lane_count == p->lane_max)
		return 0;
	return add_lane(p, err);
}

void parallel_encoder_post(struct parallel_encoder *p, struct chunk *chunk)
{
	(void)pthread_mutex_lock(&p->lock);
	if (chunk) {
		p->chunks[p->posted % CHUNKS_MAX] = chunk;
		p->posted++;
		start_waiting(p);
	} else {
		p->ended = true;
		emit_done(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
}
