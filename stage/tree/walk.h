/* walk: every file below ROOT/v2, as the key that it would be. */
#ifndef DRYDOCK_STAGE_TREE_WALK_H
#define DRYDOCK_STAGE_TREE_WALK_H

#include "base/err.h"

/* A non-zero result ends the walk with that value. */
typedef int (*tree_fn)(void *context, const char *key, struct err *err);

/*
 * `root_dir` is ROOT's descriptor. Folders are visited in no particular order; links are reported
 * like files and not followed. A path that is too long for a key is reported cut. A folder where
 * only a file can be goes to `in_the_way`, unless that is NULL, and what is in it to `fn`.
 */
int tree_walk(int root_dir, tree_fn fn, tree_fn in_the_way, void *context,
              struct err *err) MUST_CHECK;

#endif
