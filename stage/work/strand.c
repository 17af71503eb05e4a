#include "stage/work/strand.h"

#include <assert.h>
#include <string.h>

enum { RING = CHUNKS_MAX + 1 };

/* False when the queue is empty: the strand is idle then. */
static bool next_chunk(struct strand *s, struct chunk **chunk)
{
	bool more;

	(void)pthread_mutex_lock(&s->lock);
	more = s->count > 0;
	if (more) {
		*chunk = s->waiting[s->first];
		s->first = (s->first + 1) % RING;
		s->count--;
	} else {
		s->scheduled = false;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return more;
}

static void run(struct pool_task *task)
{
	struct strand *s = (struct strand *)((char *)task - offsetof(struct strand, task));
	struct task_group *group = s->group;
	struct err err = ERR_INIT;
	struct chunk *chunk;

	while (next_chunk(s, &chunk)) {
		if (!task_group_failed(group) && s->step(s->owner, chunk, &err) < 0)
			task_group_fail(group, &err);
		chunk_drop(chunk);
	}
	task_group_end(group);
}

void strand_init(struct strand *s, struct pool *pool, enum pool_queue queue,
                 struct task_group *group, strand_step *step, void *owner)
{
	memset(s, 0, sizeof(*s));
	s->pool = pool;
	s->queue = queue;
	s->group = group;
	s->step = step;
	s->owner = owner;
	s->task.run = run;
	(void)pthread_mutex_init(&s->lock, NULL);
}

void strand_release(struct strand *s)
{
	assert(s->count == 0);
	(void)pthread_mutex_destroy(&s->lock);
}

void strand_post(struct strand *s, struct chunk *chunk)
{
	bool start;

	if (chunk)
		chunk_hold(chunk);
	(void)pthread_mutex_lock(&s->lock);
	assert(s->count < RING);
	s->waiting[(s->first + s->count) % RING] = chunk;
	s->count++;
	start = !s->scheduled;
	s->scheduled = true;
	(void)pthread_mutex_unlock(&s->lock);
	if (start) {
		task_group_begin(s->group);
		pool_submit(s->pool, s->queue, &s->task);
	}
}
