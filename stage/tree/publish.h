/*
 * publish: one fetched image into the tree and the state, in one publication
 * (db/root/publication.h).
 *
 * In this order: blobs, child manifests, parents (all of that in each repository that names the
 * image, and in those that publish a parent which has waited for one of these children), referrers
 * and fallback tags, tags, tags/list, _catalog. What is there already gets neither a row nor a
 * step.
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
 * `names` has at least one name; those with an empty tag only say a repository (referrers that
 * join their subject). All bytes of the node are in the temp store or in the root (graph_fetch).
 */
int publish_image(struct import *import, const struct graph *graph, uint32_t number,
                  const struct name_set *names, struct publish_result *result,
                  struct err *err) MUST_CHECK;

#endif
