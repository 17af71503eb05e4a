#include "stage/work/task_group.h"

#include <string.h>

void task_group_init(struct task_group *group)
{
	memset(group, 0, sizeof(*group));
	(void)pthread_mutex_init(&group->lock, NULL);
	(void)pthread_cond_init(&group->idle, NULL);
}

void task_group_release(struct task_group *group)
{
	(void)pthread_mutex_destroy(&group->lock);
	(void)pthread_cond_destroy(&group->idle);
}

void task_group_begin(struct task_group *group)
{
	(void)pthread_mutex_lock(&group->lock);
	group->running++;
	(void)pthread_mutex_unlock(&group->lock);
}

void task_group_end(struct task_group *group)
{
	(void)pthread_mutex_lock(&group->lock);
	if (--group->running == 0)
		(void)pthread_cond_broadcast(&group->idle);
	(void)pthread_mutex_unlock(&group->lock);
}

void task_group_fail(struct task_group *group, const struct err *err)
{
	(void)pthread_mutex_lock(&group->lock);
	if (!group->failed) {
		group->failed = true;
		group->err = *err;
	}
	(void)pthread_mutex_unlock(&group->lock);
}

void task_group_cancel(struct task_group *group)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_OTHER, "cancelled");
	task_group_fail(group, &err);
}

bool task_group_failed(struct task_group *group)
{
	bool failed;

	(void)pthread_mutex_lock(&group->lock);
	failed = group->failed;
	(void)pthread_mutex_unlock(&group->lock);
	return failed;
}

int task_group_check(struct task_group *group, struct err *err)
{
	bool failed;

	(void)pthread_mutex_lock(&group->lock);
	failed = group->failed;
	if (failed)
		*err = group->err;
	(void)pthread_mutex_unlock(&group->lock);
	return failed ? -1 : 0;
}

void task_group_wait(struct task_group *group)
{
	(void)pthread_mutex_lock(&group->lock);
	while (group->running)
		(void)pthread_cond_wait(&group->idle, &group->lock);
	(void)pthread_mutex_unlock(&group->lock);
}
