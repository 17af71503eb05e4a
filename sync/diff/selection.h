/*
 * selection: the keys that a sync with --include or --exclude is about (tag_filter.h), as a table
 * beside the plan. Without them every key is selected and there is no table.
 *
 * Selected are the chosen tags, all that they reach in their repository (manifests, blobs,
 * referrers with what those reach), what no tag reaches of a repository that is chosen as a whole,
 * and the lists of what is selected. A signature that is a tag named by its image's digest
 * (sha256-<hex>.sig) goes with the image, unless a pattern says otherwise.
 *
 * What is left out is neither sent nor compared nor removed. Only what the lists must name, and
 * what may be copied from, is noted of it: that the bucket has it.
 */
#ifndef DRYDOCK_SYNC_DIFF_SELECTION_H
#define DRYDOCK_SYNC_DIFF_SELECTION_H

#include "sync/run/run.h"

/*
 * Fills the table; warns of an --include that matches nothing. Each --force-tag must
 * be NAME:TAG and not left out (ERR_USAGE), and there (ERR_NOT_FOUND).
 */
int selection_make(struct sync_run *run, struct err *err) MUST_CHECK;

/* Whether the sync is about this key of the root. 1, 0, -1. */
int selection_has(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;
/* Whether it is about any manifest or tag of the repository. 1, 0, -1. */
int selection_has_repo(struct sync_run *run, const char *repo, struct err *err) MUST_CHECK;
/* Whether a key of the bucket that the root does not have may be removed. */
bool selection_may_remove(struct sync_run *run, const struct key_parts *parts);
/* Whether a blob that the bucket has under this key of the root may be copied. 1, 0, -1. */
int selection_may_copy(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;
/* Notes that the bucket holds this blob, which is left out, so that it can be copied. */
int selection_note_there(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;

#endif
