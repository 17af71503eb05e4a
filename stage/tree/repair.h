/*
 * repair: puts verified bytes into the place of files of the tree that do not hold their digest any
 * more, or are gone. What the state says does not change, because it was right.
 */
#ifndef DRYDOCK_STAGE_TREE_REPAIR_H
#define DRYDOCK_STAGE_TREE_REPAIR_H

#include "base/event.h"
#include "db/root/publication.h"
#include "stage/work/pool.h"

enum repair_depth {
	REPAIR_VISIBLE, /* what is not there, or of another size: nothing is read */
	REPAIR_ALL,     /* --recheck: every file is read */
};

struct repair { /* all borrowed */
	struct root *root;
	struct publication *publication;
	struct pool *pool;
	enum repair_depth depth;
};

/*
 * Looks at every file that the state records for `digest`, blobs, manifests and tags alike.
 * `tmp_name` is a file in tmp with the right bytes, of which there are `size_bytes`. Where a file
 * is wrong, steps are added that put them there, and are told of when they are done. 1 when
 * `tmp_name` is moved by such a step, 0 when all is well, -1.
 */
int repair_digest(const struct repair *repair, const struct digest *digest, const char *tmp_name,
                  uint64_t size_bytes, struct err *err) MUST_CHECK;

#endif
