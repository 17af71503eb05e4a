/*
 * strand: a chain of steps that must happen in order, one after the other, on whatever thread of
 * the pool is free: a hash over a stream of chunks, or the writing of them. Several strands over
 * the same chunks run side by side.
 *
 *     idle --post--> scheduled --a thread--> running --queue empty--> idle
 *                                              ^  | post: queued
 *                                              +--+
 */
#ifndef DRYDOCK_STAGE_WORK_STRAND_H
#define DRYDOCK_STAGE_WORK_STRAND_H

#include "stage/work/chunk.h"
#include "stage/work/pool.h"
#include "stage/work/task_group.h"

#include <pthread.h>
#include <stdbool.h>

/*
 * Handles the next chunk; NULL is the end of the stream. -1 with *err fails the group. The strand
 * drops its reference to the chunk afterwards; a step that keeps the chunk holds it.
 */
typedef int strand_step(void *owner, struct chunk *chunk, struct err *err);

struct strand {
	struct pool *pool; /* borrowed */
	enum pool_queue queue;
	struct task_group *group; /* borrowed */
	strand_step *step;
	void *owner; /* borrowed: passed to step */
	struct pool_task task;
	pthread_mutex_t lock;                  /* for what follows */
	struct chunk *waiting[CHUNKS_MAX + 1]; /* a ring: every chunk there can be, and the end */
	unsigned first, count;
	bool scheduled; /* or running */
};

void strand_init(struct strand *s, struct pool *pool, enum pool_queue queue,
                 struct task_group *group, strand_step *step, void *owner);
/* After task_group_wait. */
void strand_release(struct strand *s);

/* Queues the chunk with a reference of the strand's own; NULL, posted last, is the end. */
void strand_post(struct strand *s, struct chunk *chunk);

#endif
