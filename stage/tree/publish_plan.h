/*
 * publish_plan: what a dry run of stage would publish, and what that would add to the root. It
 * stands where publish_queue does in a run that writes, and is asked for each image that has been
 * fetched, in the same order; nothing is written. It remembers, over all sources of the run, what
 * the root would hold by then: blobs and documents in `store`, manifests of repositories, tags.
 *
 *     struct publish_plan plan = PUBLISH_PLAN_INIT;
 *     for each source: import_dry_begin(&import, &plan.store, &plan.scratch); …
 *             publish_plan_add(&plan, import, graph, number, &names, path, err) …
 *             import_dry_end(&import, &plan.store);
 *     … plan.totals …
 *     publish_plan_release(&plan);
 */
#ifndef DRYDOCK_STAGE_TREE_PUBLISH_PLAN_H
#define DRYDOCK_STAGE_TREE_PUBLISH_PLAN_H

#include "base/text_set.h"
#include "stage/document/image_names.h"
#include "stage/image/graph.h"
#include "stage/tree/case_twins.h"

struct publish_plan {
	struct temp_store store;   /* owned: of the sources before the one at hand */
	struct scratch scratch;    /* owned */
	struct digest_map counted; /* objects that are planned */
	struct text_set manifests; /* keys of manifests that are planned */
	struct text_set tags;      /* keys of tags that are */
	struct case_twins twins;
	struct event_stage_summary totals; /* of images, tags and blobs */
};

#define PUBLISH_PLAN_INIT                                                                          \
	{                                                                                          \
		.store = {.tmp_dir = -1}, .scratch = SCRATCH_INIT, .counted = DIGEST_MAP_INIT,     \
		.manifests = TEXT_SET_INIT, .tags = TEXT_SET_INIT, .twins = CASE_TWINS_INIT        \
	}

/*
 * Plans the image and emits EVENT_STAGE for each of its names. Fails where publishing would: for a
 * tag that cannot be, and ERR_STORAGE when the disk has no room for what is planned.
 */
int publish_plan_add(struct publish_plan *plan, struct import *import, const struct graph *graph,
                     uint32_t number, const struct name_set *names, struct err *err) MUST_CHECK;
void publish_plan_release(struct publish_plan *plan);

#endif
