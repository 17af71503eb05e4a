#include "sync/plan/plan.h"

#include "sync/dispatch/task.h"

#include <string.h>

/* SQLite uses a partial index only where the number itself stands in the text of a query. */
#define READY_LIGHT     1
#define READY_HEAVY     2
#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number
_Static_assert(READY_LIGHT == PLAN_READY_LIGHT && READY_HEAVY == PLAN_READY_HEAVY,
               "the numbers of enum plan_state");

const char PLAN_TABLE[] =
	"CREATE TABLE plan ("
	" id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, class INTEGER NOT NULL,"
	" verb INTEGER NOT NULL, state INTEGER NOT NULL, digest BLOB, size INTEGER NOT NULL,"
	" send INTEGER NOT NULL, md5 BLOB NOT NULL, why TEXT NOT NULL, there TEXT,"
	" old_digest BLOB, source TEXT, source_etag TEXT, parts_there INTEGER NOT NULL,"
	" parts_total INTEGER NOT NULL, rank INTEGER NOT NULL,"
	" waits INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0);"
	/* Only what is ready is indexed: whatever else an item becomes costs its own row alone. */
	"CREATE INDEX plan_ready_light ON plan (rank) WHERE state = " TEXT(
		READY_LIGHT) ";"
			     "CREATE INDEX plan_ready_heavy ON plan (rank) WHERE state = " TEXT(
				     READY_HEAVY);

#define COLUMNS                                                                                    \
	"id, key, class, verb, state, digest, size, send, md5, why, there, old_digest, source, "   \
	"source_etag, parts_there, parts_total, rank"

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

	if (query_start(
		    &q, plan->db,
		    "INSERT INTO plan (key, class, verb, state, digest, size, send, md5, "
		    "why, there, old_digest, source, source_etag, parts_there, parts_total, rank) "
		    "VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
		    "?16, ?17)",
		    err) < 0)
		return -1;
	bind_item(&q, item);
	query_bind_int(&q, 17, item->rank);
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

int plan_after(struct plan *plan, enum object_class object_class, enum plan_state state, int64_t id,
               struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE (?1 OR class = ?2) AND +state = ?3 "
	                "AND id > ?4 ORDER BY id LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, object_class == CLASS_NONE);
	query_bind_int(&q, 2, object_class);
	query_bind_int(&q, 3, state);
	query_bind_int(&q, 4, id);
	return read_one(&q, item, err);
}

int plan_after_rank(struct plan *plan, int64_t rank, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT " COLUMNS " FROM plan WHERE +state = ?1 AND rank > ?2 "
	                "ORDER BY rank LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, PLAN_WAITING);
	query_bind_int(&q, 2, rank);
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
	                "AND +state = ?3 AND verb <> ?4 ORDER BY id LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_digest(&q, 1, digest);
	query_bind_int(&q, 2, CLASS_BLOB);
	query_bind_int(&q, 3, PLAN_WAITING);
	query_bind_int(&q, 4, ACTION_HELD);
	return read_one(&q, item, err);
}

int plan_totals(struct plan *plan, struct plan_totals *totals, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT coalesce(sum(state = ?1), 0), coalesce(sum(send) FILTER "
	                "(WHERE state = ?1), 0), coalesce(sum(state = ?2 AND verb = ?3), 0), "
	                "coalesce(sum(state = ?2 AND verb = ?4), 0) FROM plan",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, PLAN_WAITING);
	query_bind_int(&q, 2, PLAN_REPORT_ONLY);
	query_bind_int(&q, 3, ACTION_KEPT);
	query_bind_int(&q, 4, ACTION_HELD);
	if (query_step(&q, err) <= 0)
		return -1;
	totals->objects = (uint64_t)query_int(&q, 0);
	totals->send_bytes = (uint64_t)query_int(&q, 1);
	totals->kept = (uint64_t)query_int(&q, 2);
	totals->held = (uint64_t)query_int(&q, 3);
	return 0;
}

int plan_changes(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT 1 FROM plan WHERE state IN (?1, ?2) LIMIT 1", err) <
	    0)
		return -1;
	query_bind_int(&q, 1, PLAN_WAITING);
	query_bind_int(&q, 2, PLAN_REMOVAL);
	return query_step(&q, err);
}

/* ---- removals */

int64_t plan_count_removals(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT count(*) FROM plan WHERE state = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, PLAN_REMOVAL);
	return query_step(&q, err) <= 0 ? -1 : query_int(&q, 0);
}

static void bind_removals(struct query *q, const struct layout_range *keys)
{
	query_bind_text(q, 1, keys->after);
	query_bind_text(q, 2, keys->until);
	query_bind_int(q, 3, PLAN_REMOVAL);
}

int plan_has_removals(struct plan *plan, const struct layout_range *keys, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT 1 FROM plan WHERE key > ?1 AND key < ?2 AND +state = ?3 LIMIT 1",
	                err) < 0)
		return -1;
	bind_removals(&q, keys);
	return query_step(&q, err);
}

int plan_drop_list_removals(struct plan *plan, const struct layout_range *keys, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "DELETE FROM plan WHERE key > ?1 AND key < ?2 AND +state = ?3 "
	                "AND class IN (?4, ?5, ?6)",
	                err) < 0)
		return -1;
	bind_removals(&q, keys);
	query_bind_int(&q, 4, CLASS_REFERRERS);
	query_bind_int(&q, 5, CLASS_FALLBACK_TAG);
	query_bind_int(&q, 6, CLASS_TAGS_LIST);
	return query_run(&q, err);
}

int plan_start_removals(struct plan *plan, enum object_class object_class, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "UPDATE plan SET state = ?1 WHERE state = ?2 AND class = ?3",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, PLAN_WAITING);
	query_bind_int(&q, 2, PLAN_REMOVAL);
	query_bind_int(&q, 3, object_class);
	return query_run(&q, err);
}

/* ---- moving along */

/* Changes the item of this id, ?1; `value` is ?2. */
static int update(struct plan *plan, const char *sql, int64_t id, int64_t value, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, sql, err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_int(&q, 2, value);
	return query_run(&q, err);
}

int plan_rank(struct plan *plan, int64_t id, struct err *err)
{
	if (update(plan, "UPDATE plan SET rank = ?2 WHERE id = ?1 AND rank = 0", id,
	           plan->next_rank, err) < 0)
		return -1;
	plan->next_rank++;
	return 0;
}

int plan_set_state(struct plan *plan, int64_t id, enum plan_state state, struct err *err)
{
	return update(plan, "UPDATE plan SET state = ?2 WHERE id = ?1", id, state, err);
}

int plan_wait(struct plan *plan, int64_t id, struct err *err)
{
	return update(plan, "UPDATE plan SET waits = waits + ?2 WHERE id = ?1", id, 1, err);
}

/* What a waiting item becomes that waits for nothing any more. */
#define READY_STATE "CASE WHEN send >= ?3 THEN ?4 ELSE ?5 END"

static int run_ready(struct query *q, struct err *err)
{
	query_bind_int(q, 2, PLAN_WAITING);
	query_bind_int(q, 3, TASK_HEAVY_BYTES);
	query_bind_int(q, 4, PLAN_READY_HEAVY);
	query_bind_int(q, 5, PLAN_READY_LIGHT);
	return query_run(q, err);
}

int plan_release(struct plan *plan, int64_t id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET waits = waits - 1, state = CASE "
	                "WHEN state = ?2 AND waits = 1 THEN " READY_STATE
	                " ELSE state END WHERE id = ?1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	return run_ready(&q, err);
}

int plan_start(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET state = " READY_STATE " WHERE state = ?2 AND waits = 0",
	                err) < 0)
		return -1;
	return run_ready(&q, err);
}

/* The first ready item of one kind: its id, or 0, or -1. */
static int64_t first_ready(struct plan *plan, enum plan_state state, int64_t *rank, struct err *err)
{
	static const char light[] = "SELECT id, rank FROM plan WHERE state = " TEXT(
		READY_LIGHT) " ORDER BY rank LIMIT 1";
	static const char heavy[] = "SELECT id, rank FROM plan WHERE state = " TEXT(
		READY_HEAVY) " ORDER BY rank LIMIT 1";
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, plan->db, state == PLAN_READY_LIGHT ? light : heavy, err) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	*rank = query_int(&q, 1);
	return query_int(&q, 0);
}

int plan_take(struct plan *plan, enum plan_want want, struct plan_item *item, struct err *err)
{
	int64_t light_rank = 0, heavy_rank = 0, heavy = 0;
	int64_t id = first_ready(plan, PLAN_READY_LIGHT, &light_rank, err);

	if (id < 0)
		return -1;
	if (want != PLAN_LIGHT_ONLY)
		heavy = first_ready(plan, PLAN_READY_HEAVY, &heavy_rank, err);
	if (heavy < 0)
		return -1;
	if (heavy > 0 && (id == 0 || heavy_rank < light_rank))
		id = want == PLAN_ANY ? heavy : 0;
	if (id == 0)
		return 0;
	if (plan_set_state(plan, id, PLAN_ACTIVE, err) < 0)
		return -1;
	return plan_get(plan, id, item, err);
}

enum plan_again plan_again(struct plan *plan, const struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct plan_item ready = *item;
	int64_t again;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET again = again + 1 WHERE id = ?1 RETURNING again", err) < 0)
		return PLAN_AGAIN_ERROR;
	query_bind_int(&q, 1, item->id);
	if (query_step(&q, err) < 0)
		return PLAN_AGAIN_ERROR;
	again = query_int(&q, 0);
	query_end(&q);
	if (again > PLAN_AGAIN_MAX)
		return PLAN_AGAIN_TOO_OFTEN;
	ready.state = PLAN_READY_LIGHT;
	return plan_set(plan, &ready, err) < 0 ? PLAN_AGAIN_ERROR : PLAN_AGAIN_READY;
}
