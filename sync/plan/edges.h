/*
 * edges: which item of the plan waits for which, and what that means for an item that is over.
 *
 * Hard edges (a manifest needs its layers) hold the parent back for good when the child fails; soft
 * ones (a list comes after its tags) only set the order.
 *
 * A junction stands for what is in no plan, with items below it that others wait for: it is over
 * when all its children are. So many tags on one index cost an edge each, not one for each layer.
 */
#ifndef DRYDOCK_SYNC_PLAN_EDGES_H
#define DRYDOCK_SYNC_PLAN_EDGES_H

#include "sync/plan/plan.h"

extern const char PLAN_EDGE_TABLE[];

enum plan_edge_kind { PLAN_HARD, PLAN_SOFT };
/* *junction is an id for plan_edge_add; it is below 0, unlike those of items. */
int plan_junction_add(struct plan *plan, int64_t *junction, struct err *err) MUST_CHECK;
/* While neither is ready. Of two edges between the same items the first one stays. */
int plan_edge_add(struct plan *plan, int64_t child, int64_t parent, enum plan_edge_kind kind,
                  struct err *err) MUST_CHECK;

/* The item is PLAN_DONE, and its parents wait for one child less. */
int plan_done(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
/* The item is PLAN_FAILED, and what needs it PLAN_HELD: `held` is told each of those. */
typedef void plan_held_fn(void *context, const struct plan_item *item);
int plan_fail(struct plan *plan, int64_t id, plan_held_fn *held, void *context,
              struct err *err) MUST_CHECK;
/*
 * For when nothing is ready and nothing under way: what waits then does so in a circle, or for one.
 * 1 a circle was broken, and something is ready; 0 there is none; -1.
 *
 * Hard edges follow digests, which go in no circle. Of the soft ones only those go on from where
 * they lead to that lead away from a list of referrers: what waits for such a list (an index that
 * refers to one of its own manifests by its subject) waits no longer, and is sent before it.
 */
int plan_break_circles(struct plan *plan, struct err *err) MUST_CHECK;

#endif
