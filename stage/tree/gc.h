/*
 * gc: drops what no tag reaches any more: per repository the manifests that are neither tagged, nor
 * below a tagged one, nor referrers of one that stays; then the blobs that nothing which stays
 * refers to, also where a repository has nothing but blobs; then bytes, rows and cache entries that
 * no key holds.
 *
 * Everything is one publication: referrers and lists first, then manifests (parents before
 * children), then blobs. No tag is touched. A gc that was killed is finished by the next command
 * that opens the root for writing.
 */
#ifndef DRYDOCK_STAGE_TREE_GC_H
#define DRYDOCK_STAGE_TREE_GC_H

#include "base/event.h"
#include "db/root/root.h"

enum gc_mode { GC_RUN, GC_DRY_RUN };

struct gc_result {
	uint64_t objects;     /* keys that went (or would): manifests and blobs of repositories */
	uint64_t blobs;       /* distinct ones that no repository of the root has any more */
	uint64_t freed_bytes; /* of those, and of manifests, each once */
};

/*
 * `root` is open for writing (for GC_DRY_RUN: open anyhow); its lock and that of every remote that
 * is syncing are the caller's. Emits one EVENT_PLAN (dry run) or, once all have gone, EVENT_OBJECT
 * per key, with verb ACTION_DELETE.
 */
int gc_run(struct root *root, enum gc_mode mode, const struct event_sink *sink,
           struct gc_result *result, struct err *err) MUST_CHECK;

#endif
