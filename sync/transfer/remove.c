/*
 * The kind of object.h that removes an object. What other roots write as well is looked at right
 * before, because what they have published since the listing stays (W2).
 */
#include "sync/transfer/object_internal.h"

#include <string.h>

static void deleted(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	if (journal_forget(&t->run->journal, t->item.key, &err) < 0)
		dispatch_fail(&t->run->dispatch, &err);
	object_transfer_end(t, OBJECT_TRANSFER_DONE);
}

static void on_deleted(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(t, result, decision);
	else
		deleted(t);
}

static void remove_it(struct object_transfer *t)
{
	t->task.request = (struct s3_request){.op = S3_DELETE, .key = t->item.key};
	t->task.done = on_deleted;
	dispatch_submit(&t->run->dispatch, &t->task);
}

static void on_last_look(struct task *task, struct s3_result *result,
                         const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;

	if (!result->ok && result->status != 404) {
		object_transfer_fail_by(t, result, decision);
	} else if (!result->ok) {
		deleted(t);
	} else if (etag_same(result->head.etag, t->item.there_etag)) {
		remove_it(t);
	} else {
		event_note(t->run->sink, "%s stays: somebody has written it meanwhile",
		           t->item.key);
		t->run->contested = true;
		t->run->summary->kept++;
		object_transfer_leave(t, "written by others meanwhile");
	}
}

static int begin_removal(struct object_transfer *t, struct err *err)
{
	(void)err;
	if (!object_transfer_looks_first(&t->item)) {
		remove_it(t);
		return 0;
	}
	t->task.request = (struct s3_request){.op = S3_HEAD, .key = t->item.key};
	t->task.done = on_last_look;
	dispatch_submit(&t->run->dispatch, &t->task);
	return 0;
}

const struct object_kind OBJECT_REMOVE = {.begin = begin_removal};
