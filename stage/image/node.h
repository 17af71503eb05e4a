/*
 * node: one manifest of a graph, as its document and what it refers to have it. The one reader of
 * manifests: the graph of an archive and that of a tree (rescan) differ in where children are
 * looked for, and leave that to a function.
 *
 *     struct node node = {.digest = digest, .size_bytes = size, .texts = &texts};
 *
 *     if (node_read(&node, &doc, find, context, err) < 0) …
 *     if (node_record(&node, db, err) < 0) …
 *     node_release(&node);
 */
#ifndef DRYDOCK_STAGE_IMAGE_NODE_H
#define DRYDOCK_STAGE_IMAGE_NODE_H

#include "db/state/manifest.h"
#include "stage/document/manifest.h"

struct edge {
	struct digest child;
	uint64_t size_bytes; /* as the descriptor promises */
	enum edge_role role;
	uint32_t node; /* the child's node in the graph; 0: a blob, or a manifest that is absent */
	uint32_t platform; /* of an index's entry: position in the node's texts; 0: not said */
	bool present;      /* found, and if it is a manifest, complete */
	bool attestation;
};

struct node {
	struct digest digest;
	uint64_t size_bytes;
	struct str *texts; /* borrowed: the edges' platforms, NUL-terminated; position 0 is "" */
	enum manifest_kind kind;
	const char *media_type; /* one of base/media_type.h */
	struct edge *edges;     /* owned, in document order; of an image the config is the first */
	uint32_t edge_count;
	char *artifact_type;              /* owned; NULL: none */
	char *annotations;                /* owned JSON object; NULL: none */
	struct digest subject;            /* DIGEST_NONE: none */
	char platform[PLATFORM_TEXT_MAX]; /* of an image's config; "": not said */
	bool complete;
	char *lacks;           /* owned; what is missing first, when it is not complete */
	struct digest lacking; /* the digest of that */
};

/*
 * Looks for the child that `d` describes: sets edge->present, and for a manifest in a graph
 * edge->node. The edge's other fields are filled in; `path` names the descriptor in messages.
 */
typedef int (*node_find_fn)(void *context, struct node *node, const struct descriptor *d,
                            struct edge *edge, const char *path, struct err *err);

/*
 * Fills in what `doc` says, and asks `find` for each child but the subject. The node is complete
 * when an image has its config and all layers but foreign ones, an index at least one manifest that
 * is no attestation, if it lists any (I9).
 */
int node_read(struct node *node, const struct manifest *doc, node_find_fn find, void *context,
              struct err *err) MUST_CHECK;
void node_release(struct node *node);

/* Says anew what the node lacks: "no manifest of the index is complete: …". */
int node_set_lacks(struct node *node, struct err *err, const char *format, ...)
	PRINTF_LIKE(3, 4) MUST_CHECK;

/* "linux/arm64", or "" when the index does not say it. */
const char *edge_platform(const struct node *node, const struct edge *edge);

/* Writes the node and its edges into the state. */
int node_record(const struct node *node, struct db *db, struct err *err) MUST_CHECK;

#endif
