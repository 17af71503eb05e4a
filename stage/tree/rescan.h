/*
 * rescan: rebuilds the state file from the tree alone.
 *
 *     blobs and manifests   every file is hashed against the digest in its name
 *     graph                 manifests are read and checked as stage does (stage/image/node.h); one
 *                           that is not complete is none
 *     layer_cache           for layers that this program has compressed, as far as that can be
 *                           proved (stage/tree/layer_origin.h), and for those that came compressed
 *                           into a docker-archive: where its manifest was made here, each is
 *                           inflated and compared with the config's diff_id
 *     tags                  those that hold a manifest of their repository, as old as the old state
 *                           says, or as their file, which links share
 *     links                 what one repository lacks, and another has, is linked there
 *     lists, referrers      rendered anew; the file is replaced where it says something else, and
 *                           removed where there should be none. A list of referrers that is not
 *                           there is made only if it was lost (its fallback tag is there), else
 *                           told: it may have been left out
 *
 * What does not verify is told, left out of the state, and stays in the tree, where `verify` calls
 * it unrecorded, until its image is staged again. What the tree does not tell is lost: uploads
 * under way, and what was known of buckets; meta 'rescanned_at' says so to sync. Tombstones are
 * taken over from the old state, if that can be read, and so are tags that it still has and that
 * the tree and its lists do not: they were removed after that state was saved.
 */
#ifndef DRYDOCK_STAGE_TREE_RESCAN_H
#define DRYDOCK_STAGE_TREE_RESCAN_H

#include "base/digest_map.h"
#include "base/event.h"
#include "db/root/open.h"
#include "stage/archive/limits.h"
#include "stage/tree/check_file.h"

struct rescan_result {
	uint64_t objects, bytes;   /* recorded; hashed for it */
	uint64_t tags;             /* recorded */
	uint64_t removed_tags;     /* remembered, for sync to remove them from buckets */
	uint64_t bad;              /* did not verify: left out */
	uint64_t foreign;          /* files that are no part of a registry: warned about */
	bool rebuilt;              /* the new state is in force */
	char kept[STATE_KEPT_MAX]; /* the old state file, in .drydock; "": there was none */
};

/*
 * `root` is open as ROOT_RESCAN; `limits` are those of documents, zero fields the default. The new
 * state is in place also when -1 with ERR_INTEGRITY says that something was left out; each such
 * object is an EVENT_ERROR. After any other error the old state file is where it was.
 */
int rescan_root(struct root *root, const struct stage_limits *limits, const struct event_sink *sink,
                struct rescan_result *result, struct err *err) MUST_CHECK;

#endif
