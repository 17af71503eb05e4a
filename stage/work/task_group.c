#include "stage/work/task_group.h"

#include <string.h>

void job_init(struct job *job)
{
	memset(job, 0, sizeof(*job));
	(void)pthread_mutex_init(&job->lock, NULL);
	(void)pthread_cond_init(&job->idle, NULL);
}

void job_release(struct job *job)
{
	(void)pthread_mutex_destroy(&job->lock);
	(void)pthread_cond_destroy(&job->idle);
}

void job_begin(struct job *job)
{
	(void)pthread_mutex_lock(&job->lock);
	job->running++;
	(void)pthread_mutex_unlock(&job->lock);
}

void job_end(struct job *job)
{
	(void)pthread_mutex_lock(&job->lock);
	if (--job->running == 0)
		(void)pthread_cond_broadcast(&job->idle);
	(void)pthread_mutex_unlock(&job->lock);
}

void job_fail(struct job *job, const struct err *err)
{
	(void)pthread_mutex_lock(&job->lock);
	if (!job->failed) {
		job->failed = true;
		job->err = *err;
	}
	(void)pthread_mutex_unlock(&job->lock);
}

void job_cancel(struct job *job)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_OTHER, "cancelled");
	job_fail(job, &err);
}

bool job_failed(struct job *job)
{
	bool failed;

	(void)pthread_mutex_lock(&job->lock);
	failed = job->failed;
	(void)pthread_mutex_unlock(&job->lock);
	return failed;
}

int job_check(struct job *job, struct err *err)
{
	bool failed;

	(void)pthread_mutex_lock(&job->lock);
	failed = job->failed;
	if (failed)
		*err = job->err;
	(void)pthread_mutex_unlock(&job->lock);
	return failed ? -1 : 0;
}

void job_wait(struct job *job)
{
	(void)pthread_mutex_lock(&job->lock);
	while (job->running)
		(void)pthread_cond_wait(&job->idle, &job->lock);
	(void)pthread_mutex_unlock(&job->lock);
}
