#include "sync/plan/layer_count.h"

/* Stays at the most that there can be. */
static int add_to(struct layer_count *count, const struct digest *parent, uint32_t more,
                  struct err *err)
{
	uint32_t sum = 0;

	if (parent->alg == DIGEST_NONE || more == 0)
		return 0;
	(void)digest_map_get(&count->layers, parent, &sum);
	sum = more > UINT32_MAX - sum ? UINT32_MAX : sum + more;
	return digest_map_put(&count->layers, parent, sum, err);
}

/* A manifest adds to its parent when it is whole: when it is left, or met again. */
static int note(void *context, const struct walk_visit *visit, struct err *err)
{
	struct layer_count *count = context;
	bool manifest = visit->role == EDGE_MANIFEST;
	bool enters = visit->step == WALK_ENTER || visit->step == WALK_AGAIN;
	uint32_t layers = 0;

	if (visit->role == EDGE_LAYER && enters)
		layers = 1;
	else if (manifest && (visit->step == WALK_LEAVE || visit->step == WALK_AGAIN))
		(void)digest_map_get(&count->layers, &visit->digest, &layers);
	return add_to(count, &visit->parent, layers, err) < 0 ? -1 : WALK_INTO;
}

int layer_count_of(struct layer_count *count, const struct digest *manifest, uint64_t *layers,
                   struct err *err)
{
	uint32_t found = 0;

	count->walk.fn = note;
	count->walk.context = count;
	if (manifest_walk_from(&count->walk, manifest, err) < 0)
		return -1;
	(void)digest_map_get(&count->layers, manifest, &found);
	*layers = found;
	return 0;
}

void layer_count_release(struct layer_count *count)
{
	manifest_walk_release(&count->walk);
	digest_map_release(&count->layers);
}
