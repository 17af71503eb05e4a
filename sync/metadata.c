#include "sync/metadata.h"

#include "sync/attributes.h"
#include "sync/scope.h"

#include "base/cleanup.h"
#include "db/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS_MAX = 32, /* objects looked at side by side; -j bounds what is in flight */
	WAIT_MS = 1000,
};

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* Whether a header is as wanted; if not, says so. The value comes from the server. */
static bool differs(const char *name, const char *found, const char *wanted, char why[PLAN_WHY_MAX])
{
	AUTO_STR struct str text = STR_INIT(4096);

	if (strcmp(text_or_empty(found), text_or_empty(wanted)) == 0)
		return false;
	if (!found || !*found) {
		(void)snprintf(why, PLAN_WHY_MAX, "no %s", name);
		return true;
	}
	(void)str_add_printable(&text, found, strnlen(found, PLAN_WHY_MAX));
	(void)snprintf(why, PLAN_WHY_MAX, "%s is '%.48s'", name, str_text(&text));
	return true;
}

static const char *wanted_digest(const struct s3_attributes *wanted)
{
	for (size_t i = 0; i < wanted->meta_count; i++)
		if (strcmp(wanted->meta[i].name, META_DIGEST) == 0)
			return wanted->meta[i].value;
	return NULL;
}

bool metadata_is_wrong(const struct s3_head *head, const struct s3_attributes *wanted,
                       char why[PLAN_WHY_MAX])
{
	const char *digest = wanted_digest(wanted);

	return differs("Content-Type", head->content_type, wanted->content_type, why) ||
	       differs("Cache-Control", head->cache_control, wanted->cache_control, why) ||
	       (digest && differs("x-amz-meta-" META_DIGEST, head->meta_digest, digest, why));
}

/* ---- looking */

struct looking {
	struct engine *e;
	struct look *slots; /* owned: SLOTS_MAX */
	char after[KEY_MAX];
	bool end; /* all keys are taken */
};

struct look {
	struct engine *e; /* borrowed */
	struct task task;
	struct plan_item item;
	bool busy;
};

static int plan_repair(struct look *l, const struct s3_head *head, struct err *err)
{
	static const uint8_t any[SHA256_BYTES];
	struct attributes wanted;

	if (attributes_make(&wanted, l->e, &l->item, any, "", err) < 0)
		return -1;
	if (!metadata_is_wrong(head, &wanted.s3, l->item.why))
		return 0;
	l->item.size_bytes = head->size_bytes;
	(void)snprintf(l->item.there_etag, sizeof(l->item.there_etag), "%s", head->etag);
	l->e->summary->unchanged--;
	return plan_add(&l->e->plan, &l->item, err);
}

static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct look *l = task->owner;
	struct err err = ERR_INIT;

	l->busy = false;
	if (result->ok) {
		if (plan_repair(l, &result->head, &err) < 0)
			dispatch_fail(&l->e->dispatch, &err);
	} else if (result->status != 404) { /* gone since it was listed: the next sync's matter */
		(void)dispatch_error(&l->e->dispatch, result, decision, &err);
		engine_object_failed(l->e, &err);
	}
}

static void begin(struct look *l, const struct object_row *row)
{
	memset(&l->item, 0, sizeof(l->item));
	memcpy(l->item.key, row->key, sizeof(l->item.key));
	memcpy(l->item.md5, row->md5, MD5_BYTES);
	l->item.object_class = row->object_class;
	l->item.digest = row->digest;
	l->item.verb = ACTION_REPAIR;
	l->task.owner = l;
	l->task.weight = TASK_LIGHT;
	l->task.done = on_head;
	l->task.request = (struct s3_request){.op = S3_HEAD, .key = l->item.key};
	l->busy = true;
	dispatch_submit(&l->e->dispatch, &l->task);
}

/* Whether the bucket holds it as it must be, and this sync is about it. 1, 0, -1. */
static int is_settled(struct engine *e, const char *key, struct err *err)
{
	struct plan_item item;
	int got = scope_has(e, key, err);

	if (got <= 0)
		return got;
	got = plan_find(&e->plan, key, &item, err);
	return got < 0 ? -1 : got == 0;
}

/* The next object to look at. 1, 0, -1. */
static int next_row(struct looking *l, struct object_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got = 0, settled = 0;

	if (query_start(&q, l->e->db,
	                "SELECT key FROM object WHERE key > ?1 AND class <> ?2 ORDER BY key",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, l->after);
	query_bind_int(&q, 2, CLASS_BLOB);
	while (settled == 0 && (got = query_step(&q, err)) > 0)
		settled = is_settled(l->e, query_text(&q, 0), err);
	if (settled <= 0)
		return settled < 0 ? -1 : got;
	(void)snprintf(l->after, sizeof(l->after), "%s", query_text(&q, 0));
	return object_get(l->e->db, l->after, row, err);
}

/* v2/ is in no table. It comes first. 1, 0 when it is sent anyway, -1. */
static int ping_row(struct looking *l, struct object_row *row, struct err *err)
{
	struct plan_item item;
	int got = plan_find(&l->e->plan, LAYOUT_PREFIX, &item, err);

	memset(row, 0, sizeof(*row));
	(void)snprintf(row->key, sizeof(row->key), "%s", LAYOUT_PREFIX);
	row->object_class = CLASS_PING;
	(void)snprintf(l->after, sizeof(l->after), "%s", LAYOUT_PREFIX);
	return got < 0 ? -1 : got == 0;
}

static int fill(struct looking *l, struct err *err)
{
	for (size_t i = 0; i < SLOTS_MAX && !l->end; i++) {
		struct object_row row;
		int got = 0;

		if (l->slots[i].busy)
			continue;
		if (!l->after[0])
			got = ping_row(l, &row, err);
		if (got == 0)
			got = next_row(l, &row, err);
		if (got < 0)
			return -1;
		l->end = got == 0;
		if (l->end)
			break;
		l->slots[i].e = l->e;
		begin(&l->slots[i], &row);
	}
	return 0;
}

static int look_at_all(struct looking *l, struct err *err)
{
	do {
		if (fill(l, err) < 0 || dispatch_step(&l->e->dispatch, WAIT_MS, err) < 0)
			return -1;
	} while (!l->end || !dispatch_idle(&l->e->dispatch));
	return 0;
}

int metadata_plan(struct engine *e, struct err *err)
{
	struct looking l = {.e = e};
	int result;

	if (!e->options->check_metadata)
		return 0;
	l.slots = calloc(SLOTS_MAX, sizeof(*l.slots));
	if (!l.slots)
		return err_memory(err);
	result = look_at_all(&l, err);
	if (result < 0)
		dispatch_cancel_all(&e->dispatch);
	free(l.slots);
	return result;
}
