/* graph_walk: what of a graph (stage/image/graph.h) is present below a node. */
#ifndef DRYDOCK_STAGE_IMAGE_GRAPH_WALK_H
#define DRYDOCK_STAGE_IMAGE_GRAPH_WALK_H

#include "stage/image/graph.h"

/*
 * Calls `fn` for the distinct documents and blobs below and with `number` that are present,
 * children before parents, each once: with the node for a document, with NULL for a blob. -1 of
 * `fn` ends the walk.
 */
typedef int (*graph_fn)(void *context, const struct digest *digest, uint64_t size_bytes,
                        const struct node *node, struct err *err);
int graph_each(const struct graph *graph, uint32_t number, graph_fn fn, void *context,
               struct err *err) MUST_CHECK;

/*
 * Sets below[n] for each node n that `number` lists, or what it lists, complete or not. `below` has
 * graph->count + 1 elements; what is set there already is not walked again.
 */
void graph_mark_below(const struct graph *graph, uint32_t number, bool *below);

#endif
