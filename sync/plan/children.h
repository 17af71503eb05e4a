/*
 * children: what a manifest refers to, and what refers to it, read whole from the state before
 * anything is done with it: no statement stays open while a graph is walked.
 *
 *     struct children c = {0};
 *     if (children_read(&c, db, &digest, err) == 0)
 *             … c.list[0 … c.count - 1] …
 *     children_release(&c);
 */
#ifndef DRYDOCK_SYNC_PLAN_CHILDREN_H
#define DRYDOCK_SYNC_PLAN_CHILDREN_H

#include "db/state/manifest.h"

struct child {
	struct digest digest;
	enum edge_role role;
};

struct children { /* owned array */
	struct child *list;
	size_t count, cap;
};

/* Indexes nest 8 deep at most (stage.md I6); referrers of referrers go on a little further. */
enum { CHILDREN_DEPTH_MAX = 32 };

/* What is present of what the manifest refers to, in its order; a subject is none of it. */
int children_read(struct children *c, struct db *db, const struct digest *parent,
                  struct err *err) MUST_CHECK;
/* The manifests of `repo` whose subject is `subject`. */
int children_read_referrers(struct children *c, struct db *db, const char *repo,
                            const struct digest *subject, struct err *err) MUST_CHECK;
void children_release(struct children *c);

#endif
