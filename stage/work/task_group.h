/*
 * task_group: what all the steps that work on one blob share: how many of them are under way, and
 * the first error of any.
 *
 * A step that is handed to the pool begins; when it will touch nothing of the blob any more, it
 * ends. Steps are started by the blob's owner or by steps that are under way themselves, so when
 * job_wait returns, nothing runs and nothing will. After an error (or job_cancel) the steps that
 * come later do nothing but let go of their chunks.
 */
#ifndef DRYDOCK_STAGE_WORK_TASK_GROUP_H
#define DRYDOCK_STAGE_WORK_TASK_GROUP_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>

struct job {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned running;
	bool failed;
	struct err err; /* the first error, if failed */
};

void job_init(struct job *job);
void job_release(struct job *job); /* nothing is running */

void job_begin(struct job *job);
/* The last thing a step does: the job may be gone afterwards. */
void job_end(struct job *job);

void job_fail(struct job *job, const struct err *err); /* the first one stays */
void job_cancel(struct job *job);
bool job_failed(struct job *job);
/* 0, or -1 with the first error. */
int job_check(struct job *job, struct err *err) MUST_CHECK;

void job_wait(struct job *job);

#endif
