/*
 * untag: takes a tag out of the registry. The tag, its place in tags/list and, where it was the
 * last, nothing else goes: manifests and blobs stay until gc. A tombstone stays in the state, so
 * that sync removes the tag from buckets too.
 */
#ifndef DRYDOCK_STAGE_TREE_UNTAG_H
#define DRYDOCK_STAGE_TREE_UNTAG_H

#include "base/name.h"
#include "db/root/root.h"

/*
 * `reference` is NAME:TAG as typed. ERR_USAGE without a tag, ERR_NOT_FOUND when there is no such
 * tag. `root` is open for writing. *removed is what the tag pointed to.
 */
int untag(struct root *root, const char *reference, struct digest *removed,
          struct err *err) MUST_CHECK;

#endif
