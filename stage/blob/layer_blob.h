/*
 * layer_blob: which blob of the root a plain layer has become, so that it is neither read nor
 * compressed again (C2).
 */
#ifndef DRYDOCK_STAGE_BLOB_LAYER_BLOB_H
#define DRYDOCK_STAGE_BLOB_LAYER_BLOB_H

#include "db/root/root.h"
#include "stage/blob/recipe.h"

struct layer_blob {
	struct digest digest; /* of the bytes as they are stored */
	uint64_t size_bytes;
};

/*
 * What the layer with the digest `plain` became under `recipe`; under RECIPE_NONE these are the
 * plain bytes themselves. 1 when the blob's file is in the tree, 0, -1.
 */
int layer_blob_find(struct root *root, const struct digest *plain, struct recipe recipe,
                    struct layer_blob *found, struct err *err) MUST_CHECK;

/* Records it. The blob need not be recorded yet. */
int layer_blob_put(struct root *root, const struct digest *plain, struct recipe recipe,
                   const struct digest *blob, struct err *err) MUST_CHECK;

#endif
