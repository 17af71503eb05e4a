/*
 * reachable: what the tags of one repository keep: the tagged manifests, all below them, and their
 * referrers (and what is below those, and so on).
 */
#ifndef DRYDOCK_STAGE_TREE_REACHABLE_H
#define DRYDOCK_STAGE_TREE_REACHABLE_H

#include "base/digest_map.h"
#include "db/state/db.h"

/*
 * Adds to `live` the digests of all manifests and blobs that `repo` needs. Digests that are not
 * there (sparse indexes, foreign layers) may be among them.
 */
int reachable_in_repo(struct db *db, const char *repo, struct digest_map *live,
                      struct err *err) MUST_CHECK;

#endif
