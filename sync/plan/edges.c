#include "sync/plan/edges.h"

#include "base/array.h"

#include <stdlib.h>

const char PLAN_EDGE_TABLE[] =
	"CREATE TABLE plan_edge (child INTEGER NOT NULL, parent INTEGER NOT NULL,"
	" soft INTEGER NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID";

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
	return db_changes(plan->db) > 0 ? plan_wait(plan, parent, err) : 0;
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
	                     "SELECT parent, soft FROM plan_edge WHERE child = ?1",
	                     BIND_INT(id)) < 0)
		return -1;
	return add_parents(&q, parents, err);
}

int plan_done(struct plan *plan, int64_t id, struct err *err)
{
	struct parents parents = {0};
	int result = plan_set_state(plan, id, PLAN_DONE, err);

	if (result == 0)
		result = read_parents(plan, id, &parents, err);
	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = plan_release(plan, parents.list[i].id, err);
	free(parents.list);
	return result;
}

static int hold(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err);

/* Depth is bounded by the graph: blob, manifest, nested indexes, tag. */
static int hold_parents(struct plan *plan, int64_t id, plan_held_fn *held, void *context,
                        struct err *err)
{
	struct parents parents = {0};
	int result = read_parents(plan, id, &parents, err);

	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = parents.list[i].soft ? plan_release(plan, parents.list[i].id, err)
		                              : hold(plan, parents.list[i].id, held, context, err);
	free(parents.list);
	return result;
}

static int hold(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	struct plan_item item;
	int got = plan_get(plan, id, &item, err);

	if (got <= 0 || item.state == PLAN_HELD || item.state == PLAN_FAILED)
		return got < 0 ? -1 : 0;
	if (plan_set_state(plan, id, PLAN_HELD, err) < 0)
		return -1;
	held(context, &item);
	return hold_parents(plan, id, held, context, err);
}

int plan_fail(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	if (plan_set_state(plan, id, PLAN_FAILED, err) < 0)
		return -1;
	return hold_parents(plan, id, held, context, err);
}

/* ---- circles */

/* The lists of referrers that still wait. */
#define WAITING_LISTS "SELECT id FROM plan WHERE state = ?1 AND class IN (?2, ?3)"
#define WAITING_LISTS_VALUES                                                                       \
	BIND_INT(PLAN_WAITING), BIND_INT(CLASS_REFERRERS), BIND_INT(CLASS_FALLBACK_TAG)

static int read_behind_lists(struct plan *plan, struct parents *parents, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT parent, soft FROM plan_edge WHERE child IN (" WAITING_LISTS
	                     ")",
	                     WAITING_LISTS_VALUES) < 0)
		return -1;
	return add_parents(&q, parents, err);
}

int plan_break_circles(struct plan *plan, struct err *err)
{
	struct parents parents = {0};
	int result = read_behind_lists(plan, &parents, err);

	if (result == 0 && parents.count > 0)
		result = db_run(plan->db, err,
		                "DELETE FROM plan_edge WHERE child IN (" WAITING_LISTS ")",
		                WAITING_LISTS_VALUES);
	for (size_t i = 0; i < parents.count && result == 0; i++)
		result = plan_release(plan, parents.list[i].id, err);
	free(parents.list);
	return result < 0 ? -1 : parents.count > 0;
}
