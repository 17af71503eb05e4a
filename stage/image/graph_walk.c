#include "stage/image/graph_walk.h"

struct walk {
	const struct graph *graph;
	graph_fn fn;
	void *context;
	struct digest_map seen;
};

/* Marks a digest; 1 when it is new. */
static int first_time(struct walk *walk, const struct digest *digest, struct err *err)
{
	uint32_t ignored;

	if (digest_map_get(&walk->seen, digest, &ignored))
		return 0;
	return digest_map_put(&walk->seen, digest, 1, err) < 0 ? -1 : 1;
}

static int walk_node(struct walk *walk, uint32_t number, struct err *err)
{
	const struct node *node = graph_node(walk->graph, number);
	int got = first_time(walk, &node->digest, err);

	for (uint32_t i = 0; got > 0 && i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];
		int fresh;

		if (!edge->present || edge->role == EDGE_SUBJECT)
			continue;
		if (edge->node) {
			if (walk_node(walk, edge->node, err) < 0)
				return -1;
			continue;
		}
		fresh = first_time(walk, &edge->child, err);
		if (fresh < 0 || (fresh > 0 && walk->fn(walk->context, &edge->child,
		                                        edge->size_bytes, NULL, err) < 0))
			return -1;
	}
	if (got <= 0)
		return got;
	return walk->fn(walk->context, &node->digest, node->size_bytes, node, err);
}

int graph_each(const struct graph *graph, uint32_t number, graph_fn fn, void *context,
               struct err *err)
{
	struct walk walk = {graph, fn, context, DIGEST_MAP_INIT};
	int result = walk_node(&walk, number, err);

	digest_map_release(&walk.seen);
	return result;
}

void graph_mark_below(const struct graph *graph, uint32_t number, bool *below)
{
	const struct node *node = graph_node(graph, number);

	for (uint32_t i = 0; i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];
		uint32_t child = edge->role == EDGE_MANIFEST ? graph_find(graph, &edge->child) : 0;

		if (!child || below[child])
			continue;
		below[child] = true;
		graph_mark_below(graph, child, below);
	}
}
