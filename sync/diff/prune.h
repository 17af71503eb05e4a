/*
 * prune: what --delete may remove, what stays, and in which order (G2, W5). The removals themselves
 * are made at the end (transfer/removals.h).
 *
 *     prune_check          before anything is read: an empty root, and one that was rescanned and
 *                          not yet synced whole, delete nothing
 *     prune_note_needed    keys that are staged again are no longer waiting to be removed
 *     prune_foreign        scan: each key of the bucket that the root does not have
 *     prune_differs        scan: each manifest, tag or list whose bytes there are not ours
 *     prune_stand_down     nothing goes, because not all else goes well
 *     prune_plan           keeps what anything that stays reaches; refuses more than --max-delete
 *
 * Candidates are, with --delete, keys that this root sent, that still hold what it sent, and whose
 * unreachability is recorded since --grace; with --delete=foreign all that the root does not have.
 * Both only where the object is older than --grace by the server's clock. In a repository that
 * holds candidates, each manifest, tag and list that stays and is not ours is read, and what it
 * refers to stays, and so on; there the repository's lists stay too. One that cannot be read stops
 * the run, with the way out.
 */
#ifndef DRYDOCK_SYNC_DIFF_PRUNE_H
#define DRYDOCK_SYNC_DIFF_PRUNE_H

#include "sync/run/run.h"

/* ERR_USAGE when --delete must not be carried out at all. 0 without --delete. */
int prune_check(struct sync_run *run, struct err *err) MUST_CHECK;
/* Whether no whole sync to this remote has followed the root's last rescan. 1, 0, -1. */
int prune_awaits_sync(struct sync_run *run, struct err *err) MUST_CHECK;
int prune_note_needed(struct sync_run *run, struct err *err) MUST_CHECK;

/* 1 when the key is planned to go, 0 when it stays, -1. */
int prune_foreign(struct sync_run *run, const struct key_parts *parts,
                  const struct s3_object *object, struct err *err) MUST_CHECK;
int prune_differs(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;

int prune_plan(struct sync_run *run, struct err *err) MUST_CHECK;

/*
 * When it is certain already that something fails or is held, this run removes nothing (G2): the
 * candidates leave the plan, which is told, and the lists name them.
 */
int prune_stand_down(struct sync_run *run, struct err *err) MUST_CHECK;
/* The lists must name this key of the bucket, which was to be removed and stays. */
int prune_note_stays(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;

#endif
