/*
 * head_many: a HEAD for each of many objects, several of them under way at once; -j bounds how
 * many.
 *
 *     struct head_many many = {.dispatch = d, .slots = slots, .slot_bytes = sizeof(*slots),
 *                              .slot_count = 8, .next = next, .answered = on_head, .context = c};
 *     head_many(&many, err)         returns when all are answered
 */
#ifndef DRYDOCK_SYNC_DISPATCH_HEAD_MANY_H
#define DRYDOCK_SYNC_DISPATCH_HEAD_MANY_H

#include "sync/dispatch/dispatch.h"

struct head_many {
	struct dispatch *dispatch; /* borrowed */
	/* Borrowed, all zero: structs of the caller whose first member is a struct task. */
	void *slots;
	size_t slot_bytes, slot_count;
	/* Puts the next object into the slot: 1 with its *key, which the slot holds; 0 the end; -1.
	 */
	int (*next)(void *context, void *slot, const char **key, struct err *err);
	/* task->owner is the slot. It may submit the task again: the slot is free when it does not.
	 */
	task_done_fn *answered;
	void *context; /* of next; borrowed */
	bool end;      /* head_many's own: next has said so */
};

/* On -1 everything that was under way is cancelled. */
int head_many(struct head_many *many, struct err *err) MUST_CHECK;

#endif
