/*
 * graph: the manifests of a source and what they refer to, read from their documents and checked.
 *
 *     graph_init(&graph, import);
 *     graph_add(&graph, &descriptor, "index.json: manifests[0]", &number, err);
 *     graph_release(&graph);
 *
 * Nodes are numbered from 1; 0 means that the document is not there. What is not complete
 * (stage/image/node.h) is not published; its parent's edge is absent.
 */
#ifndef DRYDOCK_STAGE_IMAGE_GRAPH_H
#define DRYDOCK_STAGE_IMAGE_GRAPH_H

#include "stage/image/import.h"
#include "stage/image/node.h"

enum {
	GRAPH_DEPTH_MAX = 8,      /* nested indexes */
	GRAPH_EDGE_MAX = 1000000, /* in all documents of a source */
};

struct graph {
	struct import *import; /* borrowed */
	struct node **nodes;   /* owned, each owned; a node stays where it is */
	size_t count, cap;
	uint64_t edge_count;         /* of all nodes, at most GRAPH_EDGE_MAX */
	struct digest_map by_digest; /* value: the node's number */
	struct str texts;            /* of the nodes (stage/image/node.h) */
};

void graph_init(struct graph *graph, struct import *import);
void graph_release(struct graph *graph);

/*
 * Reads the document that `d` describes and all below it. *number is 0 when it is not there. `path`
 * names the descriptor in messages.
 */
int graph_add(struct graph *graph, const struct descriptor *d, const char *path, uint32_t *number,
              struct err *err) MUST_CHECK;

/* As graph_add, for a document of ours; its bytes are kept in the temp store. */
int graph_add_bytes(struct graph *graph, const void *bytes, size_t len, const char *media_type,
                    uint32_t *number, struct err *err) MUST_CHECK;

/* Reads a node's document again; `doc` is released by the caller, also after an error. */
int graph_document(struct graph *graph, const struct node *node, struct manifest *doc,
                   struct err *err) MUST_CHECK;

struct node *graph_node(const struct graph *graph, uint32_t number);
uint32_t graph_find(const struct graph *graph, const struct digest *digest); /* 0: none */

#endif
