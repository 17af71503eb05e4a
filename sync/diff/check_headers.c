#include "sync/diff/check_headers.h"

#include "sync/diff/selection.h"
#include "sync/dispatch/head_many.h"
#include "sync/run/object_headers.h"

#include "base/cleanup.h"
#include "db/state/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 32 }; /* objects looked at side by side; -j bounds what is in flight */

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

bool check_headers_is_wrong(const struct s3_head *head, const struct s3_attributes *wanted,
                            char why[PLAN_WHY_MAX])
{
	const char *digest = wanted_digest(wanted);

	return differs("Content-Type", head->content_type, wanted->content_type, why) ||
	       differs("Cache-Control", head->cache_control, wanted->cache_control, why) ||
	       (digest && differs("x-amz-meta-" META_DIGEST, head->meta_digest, digest, why));
}

/* ---- what is to be looked at: as the root was while its lock was held */

static const char SCHEMA[] =
	"CREATE TABLE look (rank INTEGER PRIMARY KEY, key TEXT NOT NULL, class INTEGER NOT NULL,"
	" digest BLOB, md5 BLOB NOT NULL)";

/* Whether the bucket holds it as it must be, and this sync is about it. 1, 0, -1. */
static int is_settled(struct sync_run *run, const char *key, struct err *err)
{
	struct plan_item item;
	int got = selection_has(run, key, err);

	if (got <= 0)
		return got;
	got = plan_find(&run->plan, key, &item, err);
	return got < 0 ? -1 : got == 0;
}

/* Its rank is reserved for the repair that it may need. */
static int note_row(struct sync_run *run, const struct object_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int settled = is_settled(run, row->key, err);

	if (settled <= 0)
		return settled;
	if (query_start(&q, run->plan.db,
	                "INSERT INTO look (rank, key, class, digest, md5) "
	                "VALUES (?1, ?2, ?3, ?4, ?5)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, run->plan.next_rank++);
	query_bind_text(&q, 2, row->key);
	query_bind_int(&q, 3, row->object_class);
	query_bind_digest(&q, 4, &row->digest);
	query_bind_bytes(&q, 5, row->md5, MD5_BYTES);
	return query_run(&q, err);
}

/* v2/ is in no table. It comes first. */
static int note_ping(struct sync_run *run, struct err *err)
{
	struct object_row row;

	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", LAYOUT_PREFIX);
	row.object_class = CLASS_PING;
	return note_row(run, &row, err);
}

int check_headers_list(struct sync_run *run, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct object_row row;
	int got, found;

	if (!run->options->check_metadata)
		return 0;
	if (db_exec(run->plan.db, SCHEMA, err) < 0)
		return err_context(err, "tables of the plan");
	if (note_ping(run, err) < 0 ||
	    query_start(&q, run->db, "SELECT key FROM object WHERE class <> ?1 ORDER BY key", err) <
	            0)
		return -1;
	query_bind_int(&q, 1, CLASS_BLOB);
	while ((got = query_step(&q, err)) > 0) {
		found = object_get(run->db, query_text(&q, 0), &row, err);
		if (found < 0 || (found > 0 && note_row(run, &row, err) < 0))
			return -1;
	}
	return got;
}

/* ---- looking */

struct looking {
	struct sync_run *run; /* borrowed */
	int64_t after;        /* the rank of the last one that was taken */
};

struct look {
	struct task task;     /* first, for head_many.h */
	struct sync_run *run; /* borrowed */
	struct plan_item item;
};

/*
 * What is wrong is mended before anything is sent, by the rank that it has: a tag that goes now may
 * point to it. It waits for nothing, since all that it refers to was there before.
 */
static int plan_repair(struct look *l, const struct s3_head *head, struct err *err)
{
	static const uint8_t any[SHA256_BYTES];
	struct object_headers wanted;

	if (object_headers_make(&wanted, l->run, &l->item, any, "", err) < 0)
		return -1;
	if (!check_headers_is_wrong(head, &wanted.s3, l->item.why))
		return 0;
	l->item.size_bytes = head->size_bytes;
	(void)snprintf(l->item.there_etag, sizeof(l->item.there_etag), "%s", head->etag);
	l->run->summary->unchanged--;
	return plan_add(&l->run->plan, &l->item, err);
}

static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct look *l = task->owner;
	struct err err = ERR_INIT;

	if (result->ok) {
		if (plan_repair(l, &result->head, &err) < 0)
			dispatch_fail(&l->run->dispatch, &err);
	} else if (result->status != 404) { /* gone since it was listed: the next sync's matter */
		(void)dispatch_error(&l->run->dispatch, result, decision, &err);
		sync_run_object_failed(l->run, &err);
	}
}

/* The next object to look at, as head_many.h wants it. */
static int next_item(void *context, void *slot, const char **key, struct err *err)
{
	struct looking *l = context;
	struct look *look = slot;
	struct plan_item *item = &look->item;
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, l->run->plan.db,
	                "SELECT rank, key, class, digest, md5 FROM look WHERE rank > ?1 "
	                "ORDER BY rank LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, l->after);
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	memset(item, 0, sizeof(*item));
	look->run = l->run;
	*key = item->key;
	item->verb = ACTION_REPAIR;
	l->after = item->rank = query_int(&q, 0);
	(void)snprintf(item->key, sizeof(item->key), "%s", query_text(&q, 1));
	item->object_class = (enum object_class)query_int(&q, 2);
	if (query_digest(&q, 3, &item->digest, err) < 0 ||
	    query_copy(&q, 4, item->md5, MD5_BYTES, err) < 0)
		return -1;
	return 1;
}

int check_headers_plan(struct sync_run *run, struct err *err)
{
	struct looking l = {.run = run};
	struct head_many many = {.dispatch = &run->dispatch,
	                         .slot_bytes = sizeof(struct look),
	                         .slot_count = SLOTS_MAX,
	                         .next = next_item,
	                         .answered = on_head,
	                         .context = &l};
	AUTO_FREE struct look *slots = NULL;

	if (!run->options->check_metadata)
		return 0;
	many.slots = slots = calloc(SLOTS_MAX, sizeof(*slots));
	return slots ? head_many(&many, err) : err_memory(err);
}
