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
	" waits INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0,"
	" sent INTEGER NOT NULL DEFAULT 0);"
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

/* Parameters 1 … 15, the same for INSERT and UPDATE. */
#define ITEM_VALUES(item)                                                                          \
	BIND_TEXT((item)->key), BIND_INT((item)->object_class), BIND_INT((item)->verb),            \
		BIND_INT((item)->state), BIND_DIGEST(&(item)->digest),                             \
		BIND_INT((int64_t)(item)->size_bytes), BIND_INT((int64_t)(item)->send_bytes),      \
		BIND_BYTES((item)->md5, MD5_BYTES), BIND_TEXT((item)->why),                        \
		BIND_TEXT(text_or_null((item)->there_etag)), BIND_DIGEST(&(item)->old_digest),     \
		BIND_TEXT(text_or_null((item)->source)),                                           \
		BIND_TEXT(text_or_null((item)->source_etag)),                                      \
		BIND_INT((int64_t)(item)->parts_there), BIND_INT((int64_t)(item)->parts_total)

int plan_add(struct plan *plan, struct plan_item *item, struct err *err)
{
	if (db_run(plan->db, err,
	           "INSERT INTO plan (key, class, verb, state, digest, size, send, md5, why, "
	           "there, old_digest, source, source_etag, parts_there, parts_total, rank) VALUES "
	           "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
	           ITEM_VALUES(item), BIND_INT(item->rank)) < 0)
		return -1;
	item->id = db_last_id(plan->db);
	return 0;
}

int plan_set(struct plan *plan, const struct plan_item *item, struct err *err)
{
	return db_run(plan->db, err,
	              "UPDATE plan SET key = ?1, class = ?2, verb = ?3, state = ?4, digest = ?5, "
	              "size = ?6, send = ?7, md5 = ?8, why = ?9, there = ?10, old_digest = ?11, "
	              "source = ?12, source_etag = ?13, parts_there = ?14, parts_total = ?15 "
	              "WHERE id = ?16",
	              ITEM_VALUES(item), BIND_INT(item->id));
}

int plan_drop(struct plan *plan, int64_t id, struct err *err)
{
	return db_run(plan->db, err, "DELETE FROM plan WHERE id = ?1", BIND_INT(id));
}

int plan_get(struct plan *plan, int64_t id, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err, "SELECT " COLUMNS " FROM plan WHERE id = ?1",
	                     BIND_INT(id)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_find(struct plan *plan, const char *key, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err, "SELECT " COLUMNS " FROM plan WHERE key = ?1",
	                     BIND_TEXT(key)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_after(struct plan *plan, enum object_class object_class, enum plan_state state, int64_t id,
               struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS
	                     " FROM plan WHERE (?1 OR class = ?2) AND +state = ?3 "
	                     "AND id > ?4 ORDER BY id LIMIT 1",
	                     BIND_INT(object_class == CLASS_NONE), BIND_INT(object_class),
	                     BIND_INT(state), BIND_INT(id)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_after_key(struct plan *plan, const struct layout_range *keys,
                   enum object_class object_class, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	const char *after = item->key[0] ? item->key : keys->after;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS " FROM plan WHERE key > ?1 AND key < ?2 "
	                     "AND class = ?3 AND +state = ?4 ORDER BY key LIMIT 1",
	                     BIND_TEXT(after), BIND_TEXT(keys->until), BIND_INT(object_class),
	                     BIND_INT(PLAN_WAITING)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_after_rank(struct plan *plan, int64_t rank, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS " FROM plan WHERE +state = ?1 AND rank > ?2 "
	                     "ORDER BY rank LIMIT 1",
	                     BIND_INT(PLAN_WAITING), BIND_INT(rank)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_next_tag(struct plan *plan, int64_t rank, struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS " FROM plan WHERE +state = ?1 AND rank >= ?2 AND "
	                     "+class = ?3 AND +verb <> ?4 ORDER BY rank LIMIT 1",
	                     BIND_INT(PLAN_WAITING), BIND_INT(rank), BIND_INT(CLASS_TAG),
	                     BIND_INT(ACTION_DELETE)) < 0)
		return -1;
	return read_one(&q, item, err);
}

/* The rank of the tag before; 0: none. */
static int previous_tag(struct plan *plan, int64_t rank, int64_t *previous, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT rank FROM plan WHERE rank < ?1 AND +class = ?2 AND "
	                     "+verb <> ?3 ORDER BY rank DESC LIMIT 1",
	                     BIND_INT(rank), BIND_INT(CLASS_TAG), BIND_INT(ACTION_DELETE)) < 0)
		return -1;
	got = query_step(&q, err);
	*previous = got > 0 ? query_int(&q, 0) : 0;
	return got < 0 ? -1 : 0;
}

int plan_share_of(struct plan *plan, int64_t rank, struct plan_share *share, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int64_t previous;

	if (previous_tag(plan, rank, &previous, err) < 0 ||
	    query_start_with(&q, plan->db, err,
	                     "SELECT count(*), coalesce(sum(send), 0), coalesce(sum(sent), 0) FROM "
	                     "plan WHERE rank > ?1 AND rank <= ?2 AND +verb <> ?3",
	                     BIND_INT(previous), BIND_INT(rank), BIND_INT(ACTION_DELETE)) < 0)
		return -1;
	if (query_step(&q, err) <= 0)
		return -1;
	share->objects = (uint64_t)query_int(&q, 0);
	share->send_bytes = (uint64_t)query_int(&q, 1);
	share->sent_bytes = (uint64_t)query_int(&q, 2);
	return 0;
}

int plan_note_sent(struct plan *plan, int64_t id, uint64_t bytes, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET sent = sent + ?1 WHERE id = ?2",
	              BIND_INT((int64_t)bytes), BIND_INT(id));
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

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS " FROM plan WHERE digest = ?1 AND class = ?2 "
	                     "AND +state = ?3 AND verb <> ?4 ORDER BY id LIMIT 1",
	                     BIND_DIGEST(digest), BIND_INT(CLASS_BLOB), BIND_INT(PLAN_WAITING),
	                     BIND_INT(ACTION_HELD)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_totals(struct plan *plan, struct plan_totals *totals, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT coalesce(sum(state = ?1), 0), coalesce(sum(send) FILTER "
	                     "(WHERE state = ?1), 0), coalesce(sum(state = ?2 AND verb = ?3), 0), "
	                     "coalesce(sum(state = ?2 AND verb = ?4), 0) FROM plan",
	                     BIND_INT(PLAN_WAITING), BIND_INT(PLAN_REPORT_ONLY),
	                     BIND_INT(ACTION_KEPT), BIND_INT(ACTION_HELD)) < 0)
		return -1;
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

	if (query_start_with(&q, plan->db, err,
	                     "SELECT 1 FROM plan WHERE state IN (?1, ?2) LIMIT 1",
	                     BIND_INT(PLAN_WAITING), BIND_INT(PLAN_REMOVAL)) < 0)
		return -1;
	return query_step(&q, err);
}

/* ---- removals */

int64_t plan_count_removals(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err, "SELECT count(*) FROM plan WHERE state = ?1",
	                     BIND_INT(PLAN_REMOVAL)) < 0)
		return -1;
	return query_step(&q, err) <= 0 ? -1 : query_int(&q, 0);
}

int plan_has_removals(struct plan *plan, const struct layout_range *keys, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(
		    &q, plan->db, err,
		    "SELECT 1 FROM plan WHERE key > ?1 AND key < ?2 AND +state = ?3 LIMIT 1",
		    BIND_TEXT(keys->after), BIND_TEXT(keys->until), BIND_INT(PLAN_REMOVAL)) < 0)
		return -1;
	return query_step(&q, err);
}

int plan_drop_list_removals(struct plan *plan, const struct layout_range *keys, struct err *err)
{
	return db_run(plan->db, err,
	              "DELETE FROM plan WHERE key > ?1 AND key < ?2 AND +state = ?3 "
	              "AND class IN (?4, ?5, ?6)",
	              BIND_TEXT(keys->after), BIND_TEXT(keys->until), BIND_INT(PLAN_REMOVAL),
	              BIND_INT(CLASS_REFERRERS), BIND_INT(CLASS_FALLBACK_TAG),
	              BIND_INT(CLASS_TAGS_LIST));
}

int plan_start_removals(struct plan *plan, enum object_class object_class, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET state = ?1 WHERE state = ?2 AND class = ?3",
	              BIND_INT(PLAN_WAITING), BIND_INT(PLAN_REMOVAL), BIND_INT(object_class));
}

int plan_drop_removals(struct plan *plan, struct err *err)
{
	return db_run(plan->db, err, "DELETE FROM plan WHERE state = ?1", BIND_INT(PLAN_REMOVAL));
}

int plan_start_lists(struct plan *plan, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET state = ?1 WHERE state = ?2",
	              BIND_INT(PLAN_WAITING), BIND_INT(PLAN_AFTER_REMOVAL));
}

int plan_after_stays(struct plan *plan, enum object_class object_class, int64_t id,
                     struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT " COLUMNS " FROM plan WHERE class = ?1 AND verb = ?2 "
	                     "AND state <> ?3 AND id > ?4 ORDER BY id LIMIT 1",
	                     BIND_INT(object_class), BIND_INT(ACTION_DELETE), BIND_INT(PLAN_DONE),
	                     BIND_INT(id)) < 0)
		return -1;
	return read_one(&q, item, err);
}

int plan_reopen(struct plan *plan, int64_t id, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET state = ?1, waits = 0 WHERE id = ?2",
	              BIND_INT(PLAN_WAITING), BIND_INT(id));
}

/* ---- moving along */

int plan_rank(struct plan *plan, int64_t id, struct err *err)
{
	if (db_run(plan->db, err, "UPDATE plan SET rank = ?1 WHERE id = ?2 AND rank = 0",
	           BIND_INT(plan->next_rank), BIND_INT(id)) < 0)
		return -1;
	plan->next_rank++;
	return 0;
}

int plan_set_state(struct plan *plan, int64_t id, enum plan_state state, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET state = ?1 WHERE id = ?2", BIND_INT(state),
	              BIND_INT(id));
}

int plan_wait(struct plan *plan, int64_t id, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan SET waits = waits + 1 WHERE id = ?1",
	              BIND_INT(id));
}

/* What an item becomes that waits (?1) for nothing any more. */
#define READY_STATE "CASE WHEN send >= ?2 THEN ?3 ELSE ?4 END"
#define READY_VALUES                                                                               \
	BIND_INT(PLAN_WAITING), BIND_INT(TASK_HEAVY_BYTES), BIND_INT(PLAN_READY_HEAVY),            \
		BIND_INT(PLAN_READY_LIGHT)

int plan_release(struct plan *plan, int64_t id, struct err *err)
{
	return db_run(plan->db, err,
	              "UPDATE plan SET waits = waits - 1, state = CASE "
	              "WHEN state = ?1 AND waits = 1 THEN " READY_STATE
	              " ELSE state END WHERE id = ?5",
	              READY_VALUES, BIND_INT(id));
}

int plan_start(struct plan *plan, struct err *err)
{
	return db_run(plan->db, err,
	              "UPDATE plan SET state = " READY_STATE " WHERE state = ?1 AND waits = 0",
	              READY_VALUES);
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

int plan_check_end(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT key FROM plan WHERE state NOT IN (?1, ?2, ?3, ?4, ?5) LIMIT 1",
	                     BIND_INT(PLAN_DONE), BIND_INT(PLAN_FAILED), BIND_INT(PLAN_HELD),
	                     BIND_INT(PLAN_REPORT_ONLY), BIND_INT(PLAN_REMOVAL)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	return err_set(err, ERR_BUG, "%.200s: its turn never came", query_text(&q, 0));
}

enum plan_again plan_again(struct plan *plan, const struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct plan_item ready = *item;
	int64_t again;

	if (query_start_with(&q, plan->db, err,
	                     "UPDATE plan SET again = again + 1 WHERE id = ?1 RETURNING again",
	                     BIND_INT(item->id)) < 0 ||
	    query_step(&q, err) < 0)
		return PLAN_AGAIN_ERROR;
	again = query_int(&q, 0);
	query_end(&q);
	if (again > PLAN_AGAIN_MAX)
		return PLAN_AGAIN_TOO_OFTEN;
	ready.state = PLAN_READY_LIGHT;
	return plan_set(plan, &ready, err) < 0 ? PLAN_AGAIN_ERROR : PLAN_AGAIN_READY;
}
