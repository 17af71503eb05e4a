/*
 * publish: fetched images into the tree and the state, in one publication (db/root/publication.h).
 *
 * In this order: what is repaired, blobs, child manifests, parents (all of that in each repository
 * that names an image, and in those that publish a parent which has waited for one of these
 * children), referrers and fallback tags, tags, tags/list, _catalog. Each list is rendered once
 * for all images of the publication. What is there already gets neither a row nor a step, and where
 * nothing of a list's repository is new, the list is not rendered.
 */
#ifndef DRYDOCK_STAGE_TREE_PUBLISH_H
#define DRYDOCK_STAGE_TREE_PUBLISH_H

#include "stage/document/image_names.h"
#include "stage/image/graph.h"

struct publish_result {
	uint64_t bytes;                /* of all that is present of the image, each object once */
	uint64_t new_blobs, new_bytes; /* that the root did not have */
};

/*
 * At least one name; those with an empty tag only say a repository (referrers that join their
 * subject). All bytes of the node are in the temp store or in the root (graph_fetch).
 */
struct publish_item {
	uint32_t number;              /* of the graph's node */
	const struct name_set *names; /* borrowed */
	const char *path;             /* borrowed: of the image, for messages */
	struct publish_result result;
};

/* All of them, or none when it fails before the commit. */
int publish_images(struct import *import, const struct graph *graph, struct publish_item *items,
                   size_t count, struct err *err) MUST_CHECK;

#endif
