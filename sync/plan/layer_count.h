/*
 * layer_count: how many layers images have, for people. Of an index it is the sum of its manifests:
 * a layer that two platforms share counts for both.
 *
 *     struct layer_count count = {.walk.db = db};
 *     if (layer_count_of(&count, &digest, &layers, err) < 0) …        any number of times
 *     layer_count_release(&count);
 *
 * What a manifest has is found once, however many tags and indexes lead to it.
 */
#ifndef DRYDOCK_SYNC_PLAN_LAYER_COUNT_H
#define DRYDOCK_SYNC_PLAN_LAYER_COUNT_H

#include "db/state/manifest_walk.h"

struct layer_count {
	struct manifest_walk walk; /* `db` is borrowed, all else owned */
	struct digest_map layers;  /* of each manifest that was visited; none: 0 */
};

int layer_count_of(struct layer_count *count, const struct digest *manifest, uint64_t *layers,
                   struct err *err) MUST_CHECK;
void layer_count_release(struct layer_count *count);

#endif
