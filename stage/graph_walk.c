/* The half of graph.h that walks what was read. */
#include "stage/graph.h"

#include "base/cleanup.h"

#include <string.h>

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

struct reach {
	const struct digest *digest;
	bool found;
};

static int look_for(void *context, const struct digest *digest, uint64_t size_bytes,
                    const struct node *node, struct err *err)
{
	struct reach *reach = context;

	(void)size_bytes;
	(void)err;
	if (node && digest_equal(digest, reach->digest))
		reach->found = true;
	return 0;
}

int graph_reaches(const struct graph *graph, uint32_t number, const struct digest *digest,
                  struct err *err)
{
	struct reach reach = {digest, false};

	if (graph_each(graph, number, look_for, &reach, err) < 0)
		return -1;
	return reach.found;
}

/* --- fetching ------------------------------------------------------------------------------ */

struct wanted {
	struct digest digest;
	uint64_t offset; /* in the source */
};

struct fetch {
	struct intake *intake;
	struct wanted *list; /* owned: what is to be read from the source, or made */
	size_t count, cap;
};

static int want(void *context, const struct digest *digest, uint64_t size_bytes,
                const struct node *node, struct err *err)
{
	struct fetch *fetch = context;
	struct place place;

	(void)size_bytes;
	(void)node;
	if (intake_find(fetch->intake, digest, &place, err) < 0)
		return -1;
	if (place.kind != PLACE_ENTRY && place.kind != PLACE_INFLATE)
		return 0;
	if (fetch->count == fetch->cap) {
		size_t cap = fetch->cap ? fetch->cap * 2 : 32;
		struct wanted *list = realloc(fetch->list, cap * sizeof(*list));

		if (!list)
			return err_memory(err);
		fetch->list = list;
		fetch->cap = cap;
	}
	fetch->list[fetch->count].digest = *digest;
	fetch->list[fetch->count++].offset = place.entry.offset;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return digest_compare(&x->digest, &y->digest);
}

static int fetch_all(struct fetch *fetch, struct err *err)
{
	struct place place;

	if (fetch->count)
		qsort(fetch->list, fetch->count, sizeof(*fetch->list), by_offset);
	for (size_t i = 0; i < fetch->count; i++)
		if (intake_find(fetch->intake, &fetch->list[i].digest, &place, err) < 0 ||
		    intake_fetch(fetch->intake, &fetch->list[i].digest, &place, err) < 0)
			return -1;
	return ingest_settle(&fetch->intake->ingest, err);
}

int graph_fetch(struct graph *graph, uint32_t number, struct err *err)
{
	struct fetch fetch = {graph->intake, NULL, 0, 0};
	int result = graph_each(graph, number, want, &fetch, err);

	if (result == 0)
		result = fetch_all(&fetch, err);
	free(fetch.list);
	return result;
}
