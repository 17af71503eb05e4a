/*
 * publication_order: gives the plan its order and its edges, from the graph of manifests.
 *
 * Publication order (base/layout.h), image by image: for each tag, its manifests depth first, each
 * after its config and layers, referrers after the manifests they list, then the tag; then what no
 * tag reaches; then the lists. A tag that goes away does so after those of its repository that are
 * sent, and its list is next. An item of the plan waits for every planned item that it reaches
 * without passing another planned one: so a tag whose manifest is in the bucket already still waits
 * for a missing layer of it. Subjects hold nothing back. Lists wait softly. Where
 * subjects go in a circle through an index, the manifests go first (plan_break_circles).
 *
 * This is no manifest_walk (db/state): a manifest's referrers are visited for their list, and what
 * is below a manifest that is not in the plan is waited for by all that reaches it, through a
 * junction (edges.h). So the cost is linear in manifests and edges, whatever the bucket lacks.
 */
#ifndef DRYDOCK_SYNC_PLAN_PUBLICATION_ORDER_H
#define DRYDOCK_SYNC_PLAN_PUBLICATION_ORDER_H

#include "sync/plan/plan.h"

int publication_order_make(struct plan *plan, struct db *db, struct err *err) MUST_CHECK;

#endif
