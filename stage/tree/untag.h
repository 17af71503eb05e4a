/*
 * untag: takes tags out of the registry. A tag and its place in tags/list go, and also with the
 * last one nothing else: manifests and blobs stay until gc. A tombstone stays in the state, so that
 * sync removes the tag from buckets too.
 */
#ifndef DRYDOCK_STAGE_TREE_UNTAG_H
#define DRYDOCK_STAGE_TREE_UNTAG_H

#include "base/name.h"
#include "db/root/root.h"

struct untag_item {
	const char *reference; /* borrowed: NAME:TAG as typed */
	bool removed;          /* else `why` says why not */
	struct digest digest;  /* what the tag pointed to */
	struct err why; /* ERR_USAGE without a tag, ERR_NOT_FOUND when there is no such tag */
};

/*
 * Takes out all those that are there, in one publication: each list is rendered once. `root` is
 * open for writing. -1: none of them was.
 */
int untag(struct root *root, struct untag_item *items, size_t count, struct err *err) MUST_CHECK;

#endif
