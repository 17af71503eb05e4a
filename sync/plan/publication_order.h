/*
 * publication_order: gives the plan its order and its edges, from the graph of manifests.
 *
 * Publication order (base/layout.h), image by image: for each tag, its manifests depth first, each
 * after its config and layers, referrers after the manifests they list, then the tag; then what no
 * tag reaches; then the lists. An item of the plan waits for every planned item that it reaches
 * without passing another planned one: so a tag whose manifest is in the bucket already still waits
 * for a missing layer of it. Subjects hold nothing back. Lists wait softly.
 */
#ifndef DRYDOCK_SYNC_PLAN_PUBLICATION_ORDER_H
#define DRYDOCK_SYNC_PLAN_PUBLICATION_ORDER_H

#include "sync/plan/plan.h"

int publication_order_make(struct plan *plan, struct db *db, struct err *err) MUST_CHECK;

#endif
