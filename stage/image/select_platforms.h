/*
 * select_platforms: which part of an index is published (I9): --platform keeps a subset,
 * --sparse says what becomes of entries that are not in the archive.
 *
 *     select_platforms(&graph, &number, &selection, err)
 *
 * When anything is dropped the index is written anew, with its other bytes in their order, and is
 * another document with another digest; stage.c tells both. Attestations go with the manifest
 * they are about. Without --platform, and with everything present or SPARSE_KEEP, the index stays
 * byte for byte.
 */
#ifndef DRYDOCK_STAGE_IMAGE_SELECT_PLATFORMS_H
#define DRYDOCK_STAGE_IMAGE_SELECT_PLATFORMS_H

#include "stage/document/platform.h"
#include "stage/image/graph.h"

struct platform_selection {
	const struct platform *platforms; /* borrowed */
	size_t platform_count;            /* 0: all */
	enum stage_sparse sparse;         /* what becomes of entries that are absent */
};

/* Whether an image that is for one platform is wanted. */
bool platform_is_wanted(const struct platform_selection *selection, const struct platform *have);

/*
 * Replaces *number by the node to publish, or by 0 when no platform that is wanted is in it.
 * ERR_REFUSED for SPARSE_ERROR with absent manifests.
 */
int select_platforms(struct graph *graph, uint32_t *number,
                     const struct platform_selection *selection, struct err *err) MUST_CHECK;

#endif
