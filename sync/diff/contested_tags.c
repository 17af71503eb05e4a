#include "sync/diff/contested_tags.h"

#include "sync/diff/classify.h"
#include "sync/dispatch/head_many.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 32 }; /* tags looked at side by side; -j bounds what is in flight */

struct looking {
	struct sync_run *run; /* borrowed */
	int64_t after;        /* the id of the last one that was taken */
};

struct look {
	struct task task;     /* first, for head_many.h */
	struct sync_run *run; /* borrowed */
	struct plan_item item;
};

/* The next tag to look at, as head_many.h wants it. */
static int next_tag(void *context, void *slot, const char **key, struct err *err)
{
	struct looking *l = context;
	struct look *look = slot;
	int got;

	do { /* one that the bucket lacks is removed_tags' */
		got = plan_after(&l->run->plan, CLASS_TAG, PLAN_UNDECIDED, l->after, &look->item,
		                 err);
		if (got <= 0)
			return got;
		l->after = look->item.id;
	} while (look->item.there_etag[0] == '\0');
	look->run = l->run;
	*key = look->item.key;
	return 1;
}

/* What no drydock wrote is as good as none. */
static int64_t header_staged_at(const struct s3_head *head)
{
	int64_t ms;

	return time_parse(head->meta_staged_at, &ms) == 0 && ms > 0 ? ms / 1000 : 0;
}

/* The bucket has the tag as `head` says; NULL: it is gone since it was listed. */
static int decide(struct look *l, const struct s3_head *head, struct err *err)
{
	struct plan_item *item = &l->item;
	struct diff_local local = {
		.object_class = CLASS_TAG, .digest = item->digest, .size_bytes = item->size_bytes};
	struct diff_listed listed;
	struct diff_input in = {.local = &local};
	struct diff_verdict verdict;
	struct tag_row tag;
	int got = tag_get_at(l->run->db, item->key, &tag, err);

	if (got < 0)
		return -1;
	local.staged_at = got > 0 ? tag.staged_at : 0;
	memcpy(local.md5, item->md5, MD5_BYTES);
	item->there_etag[0] = '\0';
	if (head) {
		listed = (struct diff_listed){
			head->etag, head->size_bytes,
			head->modified_at_ms < 0 ? -1 : head->modified_at_ms / 1000,
			header_staged_at(head)};
		in.listed = &listed;
		(void)snprintf(item->there_etag, sizeof(item->there_etag), "%s", head->etag);
	}
	verdict = diff_classify(&in);
	if (verdict.kind == DIFF_SAME) {
		l->run->summary->unchanged++;
		return plan_drop(&l->run->plan, item->id, err);
	}
	(void)snprintf(item->why, sizeof(item->why), "%s", verdict.why);
	item->state = PLAN_WAITING;
	if (verdict.kind == DIFF_KEPT) {
		item->verb = ACTION_KEPT;
		item->state = PLAN_REPORT_ONLY;
		item->send_bytes = 0;
	}
	return plan_set(&l->run->plan, item, err);
}

static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct look *l = task->owner;
	struct err why = ERR_INIT, err = ERR_INIT;
	int done;

	if (result->ok || result->status == 404) {
		done = decide(l, result->ok ? &result->head : NULL, &err);
	} else {
		(void)dispatch_error(task->dispatch, result, decision, &why);
		done = sync_run_fail_unknown(l->run, &l->item, &why, &err);
	}
	if (done < 0)
		dispatch_fail(&l->run->dispatch, &err);
}

int contested_tags_plan(struct sync_run *run, struct err *err)
{
	struct looking l = {.run = run};
	struct head_many many = {.dispatch = &run->dispatch,
	                         .slot_bytes = sizeof(struct look),
	                         .slot_count = SLOTS_MAX,
	                         .next = next_tag,
	                         .answered = on_head,
	                         .context = &l};
	AUTO_FREE struct look *slots = calloc(SLOTS_MAX, sizeof(*slots));

	many.slots = slots;
	return slots ? head_many(&many, err) : err_memory(err);
}
