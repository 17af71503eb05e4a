/*
 * The part of object.h that removes an object. What other roots write as well is looked at right
 * before, because what they have published since the listing stays (W2).
 */
#include "sync/transfer/object_internal.h"

#include <string.h>

static void deleted(struct object_transfer *s)
{
	struct err err = ERR_INIT;

	if (journal_forget(&s->run->journal, s->item.key, &err) < 0)
		dispatch_fail(&s->run->dispatch, &err);
	object_transfer_end(s, OBJECT_TRANSFER_DONE);
}

static void on_deleted(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(s, result, decision);
	else
		deleted(s);
}

static void remove_it(struct object_transfer *s)
{
	s->task.request = (struct s3_request){.op = S3_DELETE, .key = s->item.key};
	s->task.done = on_deleted;
	dispatch_submit(&s->run->dispatch, &s->task);
}

static void on_last_look(struct task *task, struct s3_result *result,
                         const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;

	if (!result->ok && result->status != 404) {
		object_transfer_fail_by(s, result, decision);
	} else if (!result->ok) {
		deleted(s);
	} else if (strcmp(result->head.etag, s->item.there_etag) == 0) {
		remove_it(s);
	} else {
		event_note(s->run->sink, "%s stays: somebody has written it meanwhile", s->item.key);
		s->run->contested = true;
		s->run->summary->kept++;
		object_transfer_leave(s, "written by others meanwhile");
	}
}

void object_transfer_start_removal(struct object_transfer *s)
{
	if (!object_transfer_looks_first(&s->item)) {
		remove_it(s);
		return;
	}
	s->task.request = (struct s3_request){.op = S3_HEAD, .key = s->item.key};
	s->task.done = on_last_look;
	dispatch_submit(&s->run->dispatch, &s->task);
}

bool object_transfer_looks_first(const struct plan_item *item)
{
	return item->verb == ACTION_DELETE && !object_class_immutable(item->object_class);
}
