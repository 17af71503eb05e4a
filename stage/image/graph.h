/*
 * graph: the manifests of a source and what they refer to, read from their documents and checked.
 *
 *     graph_init(&graph, import);
 *     graph_add(&graph, &descriptor, "index.json: manifests[0]", &number, err);
 *     graph_fetch(&graph, number, err);       all its bytes are in the temp store or in the root
 *     graph_release(&graph);
 *
 * Nodes are numbered from 1; 0 means that the document is not there. A node is complete when
 * everything it needs is there: an image its config and its layers (but not foreign ones), an index
 * at least one complete manifest that is no attestation (stage.md I9). What is not complete is not
 * published; its parent's edge is absent.
 */
#ifndef DRYDOCK_STAGE_IMAGE_GRAPH_H
#define DRYDOCK_STAGE_IMAGE_GRAPH_H

#include "db/state/manifest.h"
#include "stage/document/manifest.h"
#include "stage/image/import.h"

enum {
	GRAPH_DEPTH_MAX = 8,      /* nested indexes */
	GRAPH_EDGE_MAX = 1000000, /* in all documents of a source */
};

struct edge {
	struct digest child;
	uint64_t size_bytes;
	enum edge_role role;
	uint32_t node;     /* the child's node; 0: a blob, or a manifest that is not there */
	uint32_t platform; /* of an index's entry, in graph->texts; 0: none */
	bool present;
	bool attestation;
};

struct node {
	struct digest digest;
	uint64_t size_bytes;
	enum manifest_kind kind;
	const char *media_type; /* one of base/media_type.h */
	struct edge *edges;     /* owned, in document order; of an image the config is the first */
	uint32_t edge_count;
	char *artifact_type;              /* owned; NULL: none */
	char *annotations;                /* owned JSON object; NULL: none */
	struct digest subject;            /* DIGEST_NONE: none */
	char platform[PLATFORM_TEXT_MAX]; /* of an image's config; "": not said */
	bool complete;
	char *lacks; /* owned; what is missing, when it is not complete */
};

struct graph {
	struct import *import; /* borrowed */
	struct node **nodes;   /* owned; a node stays where it is */
	uint32_t count, cap;
	uint64_t edge_count;
	struct digest_map by_digest;
	struct str texts; /* NUL-terminated; position 0 is "" */
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

struct node *graph_node(const struct graph *graph, uint32_t number);
uint32_t graph_find(const struct graph *graph, const struct digest *digest); /* 0: none */
const char *graph_text(const struct graph *graph, uint32_t position);

/*
 * The distinct documents and blobs below and with `number` that are present, children before
 * parents, each once. `fn` gets the node for a document, NULL for a blob.
 */
typedef int (*graph_fn)(void *context, const struct digest *digest, uint64_t size_bytes,
                        const struct node *node, struct err *err);
int graph_each(const struct graph *graph, uint32_t number, graph_fn fn, void *context,
               struct err *err) MUST_CHECK;

/* Whether `digest` is the node or a document that is present below it: 1, 0, -1. */
int graph_reaches(const struct graph *graph, uint32_t number, const struct digest *digest,
                  struct err *err) MUST_CHECK;

/*
 * Brings all bytes of a complete node into the temp store, in the order in which the source has
 * them, verified.
 */
int graph_fetch(struct graph *graph, uint32_t number, struct err *err) MUST_CHECK;

#endif
