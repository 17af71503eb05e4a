#include "sync/dispatch/head_many.h"

static int fill_slots(struct head_many *many, struct err *err)
{
	for (size_t i = 0; i < many->slot_count && !many->end; i++) {
		struct task *task = (void *)((char *)many->slots + i * many->slot_bytes);
		const char *key;
		int got;

		if (task->state != TASK_IDLE)
			continue;
		got = many->next(many->context, task, &key, err);
		if (got < 0)
			return -1;
		many->end = got == 0;
		if (many->end)
			break;
		task->request = (struct s3_request){.op = S3_HEAD, .key = key};
		task->weight = TASK_LIGHT;
		task->done = many->answered;
		task->owner = task;
		dispatch_submit(many->dispatch, task);
	}
	return 0;
}

static int heads_are_over(void *context, struct err *err)
{
	struct head_many *many = context;

	if (fill_slots(many, err) < 0)
		return -1;
	return many->end && dispatch_idle(many->dispatch);
}

int head_many(struct head_many *many, struct err *err)
{
	int result = dispatch_wait(many->dispatch, heads_are_over, many, err);

	if (result < 0)
		dispatch_cancel_all(many->dispatch);
	return result;
}
