/*
 * task_group: what all the steps that work on one blob share: how many of them are under way, and
 * the first error of any.
 *
 * A step that is handed to the pool begins; when it will touch nothing of the blob any more, it
 * ends. Steps are started by the blob's owner or by steps that are under way themselves, so when
 * task_group_wait returns, nothing runs and nothing will. After an error (or task_group_cancel) the
 * steps that come later do nothing but let go of their chunks.
 */
#ifndef DRYDOCK_STAGE_WORK_TASK_GROUP_H
#define DRYDOCK_STAGE_WORK_TASK_GROUP_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>

struct task_group {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned running;
	bool failed;
	struct err err; /* the first error, if failed */
};

void task_group_init(struct task_group *group);
void task_group_release(struct task_group *group); /* nothing is running */

void task_group_begin(struct task_group *group);
/* The last thing a step does: the group may be gone afterwards. */
void task_group_end(struct task_group *group);

void task_group_fail(struct task_group *group, const struct err *err); /* the first one stays */
void task_group_cancel(struct task_group *group);
bool task_group_failed(struct task_group *group);
/* 0, or -1 with the first error. */
int task_group_check(struct task_group *group, struct err *err) MUST_CHECK;

void task_group_wait(struct task_group *group);

#endif
