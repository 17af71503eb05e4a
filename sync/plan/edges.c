/* The part of plan.h that moves items along: ranks, edges, readiness, failure. */
#include "sync/plan/plan.h"

#include <stdlib.h>

/* TASK_HEAVY_BYTES of dispatch.h: what waits for bandwidth rather than for an answer. */
#define READY_STATE                                                                                \
	"CASE WHEN send >= 1048576 THEN 2 ELSE 1 END" /* PLAN_READY_HEAVY, PLAN_READY_LIGHT */

int plan_rank(struct plan *plan, int64_t id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "UPDATE plan SET rank = ?2 WHERE id = ?1 AND rank = 0", err) <
	    0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_int(&q, 2, plan->next_rank);
	if (query_run(&q, err) < 0)
		return -1;
	plan->next_rank++;
	return 0;
}

int plan_edge(struct plan *plan, int64_t child, int64_t parent, enum plan_edge_kind kind,
              struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	AUTO_QUERY struct query count = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "INSERT OR IGNORE INTO plan_edge (child, parent, soft) "
	                "VALUES (?1, ?2, ?3)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, child);
	query_bind_int(&q, 2, parent);
	query_bind_int(&q, 3, kind == PLAN_SOFT);
	if (query_run(&q, err) < 0)
		return -1;
	if (db_changes(plan->db) == 0)
		return 0;
	if (query_start(&count, plan->db, "UPDATE plan SET waits = waits + 1 WHERE id = ?1", err) <
	    0)
		return -1;
	query_bind_int(&count, 1, parent);
	return query_run(&count, err);
}

int plan_start(struct plan *plan, struct err *err)
{
	return db_exec(plan->db,
	               "UPDATE plan SET state = " READY_STATE " WHERE state = 0 AND waits = 0",
	               err);
}

static int set_state(struct plan *plan, int64_t id, enum plan_state state, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "UPDATE plan SET state = ?2 WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_int(&q, 2, state);
	return query_run(&q, err);
}

/* The first ready item of one kind: its id, or 0, or -1. */
static int64_t first_ready(struct plan *plan, enum plan_state state, int64_t *rank, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	/* Each state has an index of its own, which takes the number itself to be found. */
	if (query_start(&q, plan->db,
	                state == PLAN_READY_LIGHT
	                        ? "SELECT id, rank FROM plan WHERE state = 1 ORDER BY rank LIMIT 1"
	                        : "SELECT id, rank FROM plan WHERE state = 2 ORDER BY rank LIMIT 1",
	                err) < 0)
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
	if (set_state(plan, id, PLAN_ACTIVE, err) < 0)
		return -1;
	return plan_get(plan, id, item, err);
}

int plan_again(struct plan *plan, const struct plan_item *item, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct plan_item ready = *item;
	int64_t again;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET again = again + 1 WHERE id = ?1 RETURNING again", err) < 0)
		return -1;
	query_bind_int(&q, 1, item->id);
	if (query_step(&q, err) < 0)
		return -1;
	again = query_int(&q, 0);
	query_end(&q);
	if (again > PLAN_AGAIN_MAX)
		return 0;
	ready.state = PLAN_READY_LIGHT;
	return plan_set(plan, &ready, err) < 0 ? -1 : 1;
}

struct parent {
	int64_t id;
	bool soft;
};

/* The parents of an item, read whole before any of them is changed. Caller frees. */
static int read_parents(struct plan *plan, int64_t id, struct parent **parents, size_t *count,
                        struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	size_t cap = 0;
	int got;

	*parents = NULL;
	*count = 0;
	if (query_start(&q, plan->db, "SELECT parent, soft FROM plan_edge WHERE child = ?1", err) <
	    0)
		return -1;
	query_bind_int(&q, 1, id);
	while ((got = query_step(&q, err)) > 0) {
		if (*count == cap) {
			struct parent *more;

			cap = cap ? cap * 2 : 8;
			more = realloc(*parents, cap * sizeof(*more));
			if (!more)
				return err_memory(err);
			*parents = more;
		}
		(*parents)[(*count)++] = (struct parent){query_int(&q, 0), query_int(&q, 1) != 0};
	}
	return got;
}

/* One child less to wait for. */
static int release(struct plan *plan, int64_t parent, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "UPDATE plan SET waits = waits - 1, state = CASE "
	                "WHEN state = 0 AND waits = 1 THEN " READY_STATE
	                " ELSE state END WHERE id = ?1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, parent);
	return query_run(&q, err);
}

int plan_done(struct plan *plan, int64_t id, struct err *err)
{
	struct parent *parents;
	size_t count;
	int result = set_state(plan, id, PLAN_DONE, err);

	if (result < 0)
		return -1;
	result = read_parents(plan, id, &parents, &count, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = release(plan, parents[i].id, err);
	free(parents);
	return result;
}

/* Depth is bounded by the graph: blob, manifest, nested indexes, tag. */
static int hold(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	struct parent *parents;
	struct plan_item item;
	size_t count;
	int result = read_parents(plan, id, &parents, &count, err);

	for (size_t i = 0; i < count && result == 0; i++) {
		if (parents[i].soft) {
			result = release(plan, parents[i].id, err);
			continue;
		}
		result = plan_get(plan, parents[i].id, &item, err) < 0 ? -1 : 0;
		if (result < 0 || item.state == PLAN_HELD || item.state == PLAN_FAILED)
			continue;
		result = set_state(plan, item.id, PLAN_HELD, err);
		if (result == 0) {
			held(context, &item);
			result = hold(plan, item.id, held, context, err);
		}
	}
	free(parents);
	return result;
}

int plan_fail(struct plan *plan, int64_t id, plan_held_fn *held, void *context, struct err *err)
{
	if (set_state(plan, id, PLAN_FAILED, err) < 0)
		return -1;
	return hold(plan, id, held, context, err);
}
