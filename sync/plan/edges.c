#include "sync/plan/edges.h"

#include "base/array.h"

#include <stdlib.h>

const char PLAN_EDGE_TABLE[] =
	"CREATE TABLE plan_edge (child INTEGER NOT NULL, parent INTEGER NOT NULL,"
	" soft INTEGER NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID;"
	"CREATE TABLE plan_junction (id INTEGER PRIMARY KEY, waits INTEGER NOT NULL)";

int plan_junction_add(struct plan *plan, int64_t *junction, struct err *err)
{
	if (db_run(plan->db, err, "INSERT INTO plan_junction (waits) VALUES (?1)", BIND_INT(0)) < 0)
		return -1;
	*junction = -db_last_id(plan->db);
	return 0;
}

static int junction_wait(struct plan *plan, int64_t junction, int64_t more, struct err *err)
{
	return db_run(plan->db, err, "UPDATE plan_junction SET waits = waits + ?1 WHERE id = ?2",
	              BIND_INT(more), BIND_INT(-junction));
}

/* 1 when it was there, and is over now; 0 when it was over before, or still waits; -1. */
static int junction_end(struct plan *plan, int64_t junction, bool though_it_waits, struct err *err)
{
	if (db_run(plan->db, err, "DELETE FROM plan_junction WHERE id = ?1 AND (waits = 0 OR ?2)",
	           BIND_INT(-junction), BIND_INT(though_it_waits)) < 0)
		return -1;
	return db_changes(plan->db) > 0;
}

int plan_edge_add(struct plan *plan, int64_t child, int64_t parent, enum plan_edge_kind kind,
                  struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "INSERT OR IGNORE INTO plan_edge (child, parent, soft) "
	                     "VALUES (?1, ?2, ?3)",
	                     BIND_INT(child), BIND_INT(parent), BIND_INT(kind == PLAN_SOFT)) < 0)
		return -1;
	if (query_run(&q, err) < 0)
		return -1;
	if (db_changes(plan->db) == 0)
		return 0;
	return parent < 0 ? junction_wait(plan, parent, 1, err) : plan_wait(plan, parent, err);
}

struct parent {
	int64_t id;
	bool soft;
};

struct parents {
	struct parent *list; /* owned */
	size_t count, cap;
};

/* Read whole before any of them is changed. Caller frees the list. */
static int add_parents(struct query *q, struct parents *parents, struct err *err)
{
	int got;

	while ((got = query_step(q, err)) > 0) {
		if (array_room(&parents->list, parents->count, &parents->cap, err) < 0)
			return -1;
		parents->list[parents->count++] =
			(struct parent){query_int(q, 0), query_int(q, 1) != 0};
	}
	return got;
}

static int read_parents(struct plan *plan, int64_t id, struct parents *parents, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT parent, soft FROM plan_edge WHERE child = ?1 "
	                     "ORDER BY abs(parent)",
	                     BIND_INT(id)) < 0)
		return -1;
	return add_parents(&q, parents, err);
}

static int release_parents(struct plan *plan, int64_t id, struct err *err);

static int release(struct plan *plan, int64_t id, struct err *err)
{
	int over;

	if (id > 0)
		return plan_release(plan, id, err);
	over = junction_wait(plan, id, -1, err) < 0 ? -1 : junction_end(plan, id, false, err);
	return over > 0 ? release_parents(plan, id, err) : over;
}

static int release_parents(struct plan *plan, int64_t id, struct err *err)
{
	struct parents parents = {0};
	int result = read_parents(plan, id, &parents, err);

	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = release(plan, parents.list[i].id, err);
	free(parents.list);
	return result;
}

int plan_done(struct plan *plan, int64_t id, struct err *err)
{
	return plan_set_state(plan, id, PLAN_DONE, err) < 0 ? -1 : release_parents(plan, id, err);
}

static int hold(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err);

/* Depth is bounded by the graph: blob, manifest, nested indexes, tag. */
static int hold_parents(struct plan *plan, int64_t id, plan_held_fn *held, void *context,
                        struct err *err)
{
	struct parents parents = {0};
	int result = read_parents(plan, id, &parents, err);

	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = parents.list[i].soft ? release(plan, parents.list[i].id, err)
		                              : hold(plan, parents.list[i].id, held, context, err);
	free(parents.list);
	return result;
}

static int hold_item(struct plan *plan, int64_t id, plan_held_fn *held, void *context,
                     struct err *err)
{
	struct plan_item item;
	int got = plan_get(plan, id, &item, err);

	if (got <= 0 || item.state == PLAN_HELD || item.state == PLAN_FAILED)
		return got < 0 ? -1 : 0;
	if (plan_set_state(plan, id, PLAN_HELD, err) < 0)
		return -1;
	held(context, &item);
	return 1;
}

static int hold(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	int got = id < 0 ? junction_end(plan, id, true, err)
	                 : hold_item(plan, id, held, context, err);

	return got > 0 ? hold_parents(plan, id, held, context, err) : got;
}

int plan_fail(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	if (plan_set_state(plan, id, PLAN_FAILED, err) < 0)
		return -1;
	return hold_parents(plan, id, held, context, err);
}

/* ---- circles */

/* The lists of referrers that still wait, and junctions in which nothing does. */
#define STUCK                                                                                      \
	"SELECT id FROM plan WHERE state = ?1 AND class IN (?2, ?3) UNION ALL "                    \
	"SELECT -id FROM plan_junction WHERE waits = 0"
#define STUCK_VALUES BIND_INT(PLAN_WAITING), BIND_INT(CLASS_REFERRERS), BIND_INT(CLASS_FALLBACK_TAG)

static int read_stuck(struct plan *plan, struct parents *parents, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT parent, soft FROM plan_edge WHERE child IN (" STUCK ")",
	                     STUCK_VALUES) < 0)
		return -1;
	return add_parents(&q, parents, err);
}

int plan_break_circles(struct plan *plan, struct err *err)
{
	struct parents parents = {0};
	int result = read_stuck(plan, &parents, err);

	if (result == 0 && parents.count > 0)
		result = db_run(plan->db, err, "DELETE FROM plan_edge WHERE child IN (" STUCK ")",
		                STUCK_VALUES);
	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = release(plan, parents.list[i].id, err);
	free(parents.list);
	return result < 0 ? -1 : parents.count > 0;
}
