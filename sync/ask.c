#include "sync/ask.h"

#include <stdio.h>
#include <string.h>

enum { STEP_MS = 1000 };

struct asking {
	struct task task;
	struct ask_head *head;
	struct str *body; /* NULL: HEAD */
	int result;       /* 2: no answer yet */
	struct err err;
};

static void on_answer(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct asking *a = task->owner;
	const char *sse = result->head.sse ? result->head.sse : "";

	if (!result->ok) {
		a->result = 0;
		if (result->status != 404)
			a->result = dispatch_error(task->dispatch, result, decision, &a->err);
		return;
	}
	(void)snprintf(a->head->etag, sizeof(a->head->etag), "%s", result->head.etag);
	a->head->size_bytes = result->head.size_bytes;
	a->head->opaque = strncmp(sse, "aws:kms", 7) == 0 || result->head.sse_customer;
	a->result = 1;
	if (a->body && result->body && str_add(a->body, result->body->data, result->body->len) < 0)
		a->result = str_check(a->body, task->request.key, &a->err);
}

static int ask(struct dispatch *d, enum s3_op op, const char *key, struct ask_head *head,
               struct str *body, struct err *err)
{
	struct asking a = {.head = head, .body = body, .result = 2};

	memset(head, 0, sizeof(*head));
	a.task.request.op = op;
	a.task.request.key = key;
	a.task.request.body_max_bytes = body ? body->max : 0;
	a.task.owner = &a;
	a.task.done = on_answer;
	dispatch_submit(d, &a.task);
	while (a.result == 2)
		if (dispatch_step(d, STEP_MS, err) < 0) {
			/* The task is on this stack: nobody may touch it later. */
			dispatch_cancel_all(d);
			return -1;
		}
	if (a.result < 0)
		*err = a.err;
	return a.result;
}

int ask_head(struct dispatch *d, const char *key, struct ask_head *head, struct err *err)
{
	return ask(d, S3_HEAD, key, head, NULL, err);
}

int ask_get(struct dispatch *d, const char *key, struct ask_head *head, struct str *body,
            struct err *err)
{
	return ask(d, S3_GET, key, head, body, err);
}
