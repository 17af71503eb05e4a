#include "sync/dispatch/task.h"

#include <assert.h>
#include <stddef.h>

void task_renew(struct task *task)
{
	task->moved_bytes = 0;
	task->refreshed = task->redirected = task->signed_again = false;
	task->request.fresh_connection = false;
}

void task_count_failure(struct task *task, const struct s3_result *result, bool moved)
{
	if (result->op == S3_HEAD && result->status == 404)
		return; /* that is what it asks for */
	task->attempts = moved ? 1 : task->attempts + 1;
	if (result->failure != HTTP_OK)
		task->lost++;
	if (result->status > 0)
		task->answered++;
}

static unsigned *count_of(struct task_lists *lists, enum task_state state, const struct task *task)
{
	if (state == TASK_FLYING)
		return task->weight == TASK_HEAVY ? &lists->flying_heavy : &lists->flying_light;
	if (task->ahead)
		return &lists->queued_ahead;
	return task->weight == TASK_HEAVY ? &lists->queued_heavy : &lists->queued_light;
}

void task_lists_add(struct task_lists *lists, struct task *task, enum task_state state)
{
	struct task **at = state == TASK_QUEUED ? &lists->queue : &lists->flying;

	while (*at)
		at = &(*at)->next;
	*at = task;
	task->next = NULL;
	task->state = state;
	++*count_of(lists, state, task);
}

void task_lists_remove(struct task_lists *lists, struct task *task)
{
	struct task **at = task->state == TASK_QUEUED ? &lists->queue : &lists->flying;

	while (*at != task) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = task->next;
	--*count_of(lists, task->state, task);
	task->state = TASK_IDLE;
}

const struct task *task_lists_last_heavy(const struct task_lists *lists)
{
	const struct task *last = NULL;

	for (const struct task *t = lists->flying; t; t = t->next)
		if (t->weight == TASK_HEAVY)
			last = t;
	return last;
}

struct task *task_lists_next(const struct task_lists *lists, int64_t now, unsigned heavy_max,
                             unsigned fresh_max)
{
	struct task *heavy = NULL, *ahead = NULL;

	for (struct task *t = lists->queue; t; t = t->next) {
		if (t->due_ms > now)
			continue;
		if (t->weight == TASK_LIGHT && !t->ahead)
			return t;
		if (!heavy && t->weight == TASK_HEAVY &&
		    lists->flying_heavy < (t->lost > 0 ? heavy_max : fresh_max))
			heavy = t;
		if (!ahead && t->ahead)
			ahead = t;
	}
	return heavy ? heavy : ahead;
}
