#include "sync/plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAN_CACHE_KIB = 6144 };

static const char SCHEMA[] =
	"CREATE TABLE plan ("
	" id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, class INTEGER NOT NULL,"
	" verb INTEGER NOT NULL, state INTEGER NOT NULL, digest BLOB, size INTEGER NOT NULL,"
	" send INTEGER NOT NULL, md5 BLOB NOT NULL, why TEXT NOT NULL, there TEXT,"
	" old_digest BLOB, source TEXT, source_etag TEXT, parts_there INTEGER NOT NULL,"
	" parts_total INTEGER NOT NULL, rank INTEGER NOT NULL DEFAULT 0,"
	" waits INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0);"
	/* Only what is ready is indexed: whatever else an item becomes costs its own row alone. */
	"CREATE INDEX plan_ready_light ON plan (rank) WHERE state = 1;"
	"CREATE INDEX plan_ready_heavy ON plan (rank) WHERE state = 2;"
	"CREATE TABLE plan_edge (child INTEGER NOT NULL, parent INTEGER NOT NULL,"
	" soft INTEGER NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID;"
	"CREATE TABLE plan_body (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	"CREATE TABLE extra (key TEXT PRIMARY KEY, class INTEGER NOT NULL,"
	" repo TEXT NOT NULL, tag TEXT NOT NULL, etag TEXT NOT NULL,"
	" size INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX extra_by_repo ON extra (repo, class);"
	"CREATE TABLE keeper (key TEXT PRIMARY KEY, repo TEXT NOT NULL,"
	" was_read INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX keeper_by_read ON keeper (was_read);"
	"CREATE TABLE there_repo (repo TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE scope (key TEXT PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE part_there (item INTEGER NOT NULL, number INTEGER NOT NULL,"
	" etag TEXT NOT NULL, PRIMARY KEY (item, number)) WITHOUT ROWID;";

#define COLUMNS                                                                                    \
	"id, key, class, verb, state, digest, size, send, md5, why, there, old_digest, source, "   \
	"source_etag, parts_there, parts_total, rank"

int plan_open(struct plan *plan, struct err *err)
{
	plan_close(plan);
	plan->next_rank = 1;
	plan->db = db_open_scratch(PLAN_CACHE_KIB, err);
	if (!plan->db)
		return -1;
	return db_exec(plan->db, SCHEMA, err) < 0 ? err_context(err, "tables of the plan") : 0;
}

void plan_close(struct plan *plan)
{
	db_close(plan->db);
	plan->db = NULL;
}

/* Every item is read several times: snprintf would be most of it. */
static void copy_text(char *to, size_t cap, struct query *q, int column)
{
	const char *text = query_text(q, column);
	size_t len = strlen(text);

	len = len < cap ? len : cap - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

static int read_item(struct query *q, struct plan_item *item, struct err *err)
{
	memset(item, 0, sizeof(*item));
	item->id = query_int(q, 0);
	copy_text(item->key, sizeof(item->key), q, 1);
	item->object_class = (enum object_class)query_int(q, 2);
	item->verb = (enum action_verb)query_int(q, 3);
	item->state = (enum plan_state)query_int(q, 4);
	item->size_bytes = (uint64_t)query_int(q, 6);
	item->send_bytes = (uint64_t)query_int(q, 7);
	copy_text(item->why, sizeof(item->why), q, 9);
	copy_text(item->there_etag, sizeof(item->there_etag), q, 10);
	copy_text(item->source, sizeof(item->source), q, 12);
	copy_text(item->source_etag, sizeof(item->source_etag), q, 13);
	item->parts_there = (uint64_t)query_int(q, 14);
	item->parts_total = (uint64_t)query_int(q, 15);
	item->rank = query_int(q, 16);
	if (query_digest(q, 5, &item->digest, err) < 0 ||
	    query_digest(q, 11, &item->old_digest, err) < 0)
		return -1;
	return query_copy(q, 8, item->md5, sizeof(item->md5), err);
}

/* Steps once: 1 with *item read, 0, or -1. */
static int read_one(struct query *q, struct plan_item *item, struct err *err)
{
	int got = query_step(q, err);

	if (got > 0 && read_item(q, item, err) < 0)
		return -1;
	return got;
}

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* Parameters 2 … 16, the same for INSERT and UPDATE. */
static void bind_item(struct query *q, const struct plan_item *item)
{
	query_bind_text(q, 2, item->key);
	query_bind_int(q, 3, item->object_class);
	query_bind_int(q, 4, item->verb);
	query_bind_int(q, 5, item->state);
	query_bind_digest(q, 6, &item->digest);
	query_bind_int(q, 7, (int64_t)item->size_bytes);
	query_bind_int(q, 8, (int64_t)item->send_bytes);
	query_bind_bytes(q, 9, item->md5, sizeof(item->md5));
	query_bind_text(q, 10, item->why);
	query_bind_text(q, 11, text_or_null(item->there_etag));
	query_bind_digest(q, 12, &item->old_digest);
	query_bind_text(q, 13, text_or_null(item->source));
	query_bind_text(q, 14, text_or_null(item->source_etag));
	query_bind_int(q, 15, (int64_t)item->parts_there);
	query_bind_int(q, 16, (int64_t)item->parts_total);
}

int plan_add(struct plan *plan, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "INSERT INTO plan (key, class, verb, state, digest, size, send, md5, "
	                "why, there, old_digest, source, source_etag, parts_there, parts_total) "
	                "VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
	                "?16)",
	                err) < 0)
		return -1;
	bind_item(&q, item);
	if (query_run(&q, err) < 0)
		return -1;
	item->id = db_last_id(plan->db);
	return 0;
}

int plan_set(struct plan *plan, const struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET key = ?2, class = ?3, verb = ?4, state = ?5, "
	                "digest = ?6, size = ?7, send = ?8, md5 = ?9, why = ?10, there = ?11, "
	                "old_digest = ?12, source = ?13, source_etag = ?14, parts_there = ?15, "
	                "parts_total = ?16 WHERE id = ?1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, item->id);
	bind_item(&q, item);
	return query_run(&q, err);
}

int plan_drop(struct plan *plan, int64_t id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "DELETE FROM plan WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	return query_run(&q, err);
}

int plan_get(struct plan *plan, int64_t id, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT " COLUMNS " FROM plan WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	return read_one(&q, item, err);
}

int plan_find(struct plan *plan, const char *key, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT " COLUMNS " FROM plan WHERE key = ?1", err) < 0)
		return -1;
	query_bind_text(&q, 1, key);
	return read_one(&q, item, err);
}

int plan_after(struct plan *plan, enum plan_state state, int64_t id, struct plan_item *item,
               struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE +state = ?1 AND id > ?2 "
	                "ORDER BY id LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, state);
	query_bind_int(&q, 2, id);
	return read_one(&q, item, err);
}

int plan_after_class(struct plan *plan, enum object_class object_class, enum plan_state state,
                     int64_t id, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE class = ?1 AND +state = ?2 "
	                "AND id > ?3 ORDER BY id LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, object_class);
	query_bind_int(&q, 2, state);
	query_bind_int(&q, 3, id);
	return read_one(&q, item, err);
}

int plan_after_rank(struct plan *plan, int64_t rank, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE state = 0 AND rank > ?1 "
	                "ORDER BY rank LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, rank);
	return read_one(&q, item, err);
}

int plan_index_ranks(struct plan *plan, struct err *err)
{
	return db_exec(plan->db, "CREATE INDEX plan_by_rank ON plan (rank)", err);
}

int plan_index_blobs(struct plan *plan, struct err *err)
{
	return db_exec(plan->db, "CREATE INDEX plan_by_digest ON plan (digest, class)", err);
}

int plan_first_blob(struct plan *plan, const struct digest *digest, struct plan_item *item,
                    struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE digest = ?1 AND class = ?2 "
	                "AND +state = 0 AND verb <> ?3 ORDER BY id LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_digest(&q, 1, digest);
	query_bind_int(&q, 2, CLASS_BLOB);
	query_bind_int(&q, 3, ACTION_HELD);
	return read_one(&q, item, err);
}

int plan_body_put(struct plan *plan, int64_t id, const void *data, size_t len, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "INSERT OR REPLACE INTO plan_body (id, body) VALUES (?1, ?2)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_bytes(&q, 2, data, len);
	return query_run(&q, err);
}

int plan_body_get(struct plan *plan, int64_t id, char **data, size_t *len, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	const void *bytes;
	int got;

	if (query_start(&q, plan->db, "SELECT body FROM plan_body WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	bytes = query_bytes(&q, 0, len);
	*data = malloc(*len + 1);
	if (!*data)
		return err_memory(err);
	if (*len > 0)
		memcpy(*data, bytes, *len);
	(*data)[*len] = '\0';
	return 1;
}

int plan_totals(struct plan *plan, struct plan_totals *totals, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT coalesce(sum(state = 0), 0), coalesce(sum(send) FILTER "
	                "(WHERE state = 0), 0), coalesce(sum(state = 7 AND verb = ?1), 0), "
	                "coalesce(sum(state = 7 AND verb = ?2), 0) FROM plan",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, ACTION_KEPT);
	query_bind_int(&q, 2, ACTION_HELD);
	if (query_step(&q, err) <= 0)
		return -1;
	totals->objects = (uint64_t)query_int(&q, 0);
	totals->send_bytes = (uint64_t)query_int(&q, 1);
	totals->kept = (uint64_t)query_int(&q, 2);
	totals->held = (uint64_t)query_int(&q, 3);
	return 0;
}
