#include "stage/blob/parallel_encoder.h"

#include "stage/blob/encoder.h"

#include <stdlib.h>

struct lane {
	struct parallel_encoder *lanes; /* borrowed: what it belongs to */
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
static unsigned parallel_encoder_allowed(const struct recipe *recipe, struct pool *pool)
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
	struct parallel_encoder *l = calloc(1, sizeof(*l));

	if (!l) {
		(void)err_memory(err);
		return NULL;
	}
	l->recipe = *recipe;
	l->pool = pool;
	l->group = group;
	l->emit = emit;
	l->owner = owner;
	l->lane_max = parallel_encoder_allowed(recipe, pool);
	(void)pthread_mutex_init(&l->lock, NULL);
	return l;
}

static void drop_chunks(struct parallel_encoder *l)
{
	for (int i = 0; i < CHUNKS_MAX; i++) {
		chunk_drop(l->chunks[i]);
		l->chunks[i] = NULL;
	}
}

/* An ended stream holds no memory that the next one might wait for. */
static void drop_lanes(struct parallel_encoder *l)
{
	for (unsigned i = 0; i < l->lane_count; i++) {
		encoder_free(l->lanes[i].encoder);
		chunk_drop(l->lanes[i].spare);
		l->lanes[i].encoder = NULL;
		l->lanes[i].spare = NULL;
	}
}

void parallel_encoder_free(struct parallel_encoder *l)
{
	if (!l)
		return;
	drop_chunks(l);
	drop_lanes(l);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Under the lock: hands waiting chunks to free lanes. */
static void start_waiting(struct parallel_encoder *l)
{
	for (unsigned i = 0; i < l->lane_count && l->started < l->posted; i++) {
		struct lane *lane = &l->lanes[i];
		struct chunk **slot = &l->chunks[l->started % CHUNKS_MAX];

		if (lane->chunk)
			continue;
		lane->chunk = *slot;
		*slot = NULL;
		l->started++;
		task_group_begin(l->group);
		pool_submit(l->pool, POOL_CPU, &lane->task);
	}
}

/* Under the lock: lets go what is next in order. */
static void emit_done(struct parallel_encoder *l)
{
	struct chunk **slot = &l->chunks[l->emitted % CHUNKS_MAX];

	while (l->emitted < l->started && *slot) {
		l->emit(l->owner, *slot);
		chunk_drop(*slot);
		*slot = NULL;
		l->emitted++;
		slot = &l->chunks[l->emitted % CHUNKS_MAX];
	}
	if (l->ended && l->emitted == l->posted) {
		l->ended = false;
		drop_lanes(l);
		l->emit(l->owner, NULL);
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
	struct parallel_encoder *l = lane->lanes;
	struct task_group *group = l->group;
	struct err err = ERR_INIT;

	if (!task_group_failed(group) && compress(lane, &err) < 0)
		task_group_fail(group, &err);
	(void)pthread_mutex_lock(&l->lock);
	if (task_group_failed(group)) {
		chunk_drop(lane->chunk);
		lane->chunk = NULL;
		drop_chunks(l); /* somebody may be waiting for one */
	} else {
		l->chunks[lane->chunk->index % CHUNKS_MAX] = lane->chunk;
		lane->chunk = NULL;
		emit_done(l);
		start_waiting(l);
	}
	(void)pthread_mutex_unlock(&l->lock);
	task_group_end(group);
}

static int add_lane(struct parallel_encoder *l, struct err *err)
{
	struct encoder *encoder = encoder_new(&l->recipe, err);
	struct lane *lane;
	struct chunk *spare;

	if (!encoder)
		return -1;
	spare = chunk_take(pool_chunks(l->pool), encoder_bound(&l->recipe), err);
	if (!spare) {
		encoder_free(encoder);
		return -1;
	}
	(void)pthread_mutex_lock(&l->lock);
	lane = &l->lanes[l->lane_count++];
	lane->lanes = l;
	lane->task.run = run;
	lane->encoder = encoder;
	lane->spare = spare;
	start_waiting(l);
	(void)pthread_mutex_unlock(&l->lock);
	return 0;
}

int parallel_encoder_prepare(struct parallel_encoder *l, uint64_t index, struct err *err)
{
	if (index < l->lane_count || l->lane_count == l->lane_max)
		return 0;
	return add_lane(l, err);
}

void parallel_encoder_post(struct parallel_encoder *l, struct chunk *chunk)
{
	(void)pthread_mutex_lock(&l->lock);
	if (chunk) {
		l->chunks[l->posted % CHUNKS_MAX] = chunk;
		l->posted++;
		start_waiting(l);
	} else {
		l->ended = true;
		emit_done(l);
	}
	(void)pthread_mutex_unlock(&l->lock);
}
