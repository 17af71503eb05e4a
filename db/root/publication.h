/*
 * publication: makes a change of the tree and of the state one thing, also across a crash (J1).
 *
 *     struct publication *p = publication_begin(root, err);      opens a transaction
 *     … blob_put, object_put, tag_put …                          the state as it will be
 *     publication_move(p, "tmp-name", key, err)                  steps, in publication order:
 *     publication_link(p, from_key, to_key, err)                   blobs, manifests, referrers,
 *     publication_remove(p, key, err)                              tags, lists
 *     publication_finish(p, err)                                 commits, does the steps, closes
 *
 * publication_finish commits the state together with the steps (the intent), then carries the steps
 * out, fsyncs the folders, and in a second transaction drops the intent. A process that dies in
 * between leaves an open publication; db/root/recovery, which root_open calls before anything
 * else, carries the steps out again: each is idempotent. So the state never lags the tree, and the
 * next run finishes what was begun, or undoes it when that is all that can be done.
 *
 *     begin ── rows and steps ── COMMIT ── steps ── fsync ── COMMIT (intent dropped)
 *       dies here: nothing happened  │  dies here: replayed        │  done
 *
 * Files that are moved must be whole, verified and fsynced before publication_finish. Folders are
 * fsynced whenever the class of the key changes, so that also after a power cut no tag is there
 * before what it refers to.
 */
#ifndef DRYDOCK_DB_ROOT_PUBLICATION_H
#define DRYDOCK_DB_ROOT_PUBLICATION_H

#include "base/err.h"
#include "db/root/root.h"

struct publication;

/* None is open: what failed after its commit is first finished by opening the root again. */
struct publication *publication_begin(struct root *root, struct err *err) MUST_CHECK;

/* Moves ROOT/.drydock/tmp/<tmp_name> to `key`, replacing what is there. */
int publication_move(struct publication *p, const char *tmp_name, const char *key,
                     struct err *err) MUST_CHECK;
/* Makes `key` the same file as `from_key` (which is there, or moved by an earlier step). */
int publication_link(struct publication *p, const char *from_key, const char *key,
                     struct err *err) MUST_CHECK;
int publication_remove(struct publication *p, const char *key, struct err *err) MUST_CHECK;

/* When all is done, and only then, a warning tells that the file at `key` was repaired. */
int publication_note_repair(struct publication *p, const char *key, struct err *err) MUST_CHECK;

/*
 * Frees `p` in any case. After a failure before the first commit nothing has happened; after it the
 * publication is open (publication_pending), and the caller changes nothing more.
 */
int publication_finish(struct publication *p, struct err *err) MUST_CHECK;

/*
 * Commits and frees, and does no step: for a state that is being rebuilt, and not in force yet.
 * Whatever opens it for the first time finds the publication open.
 */
int publication_leave_open(struct publication *p, struct err *err) MUST_CHECK;

/* Rolls the transaction back and frees. NULL is fine. */
void publication_abandon(struct publication *p);

/* For db/root/rollback.h: in the transaction, `id` is not open any more. */
struct publication *publication_begin_instead(struct root *root, int64_t id,
                                              struct err *err) MUST_CHECK;

/* Whether any is open. 1, 0, -1. */
int publication_pending(struct db *db, struct err *err) MUST_CHECK;
/* The oldest open one. 1, 0 when none is, -1. */
int publication_next_open(struct db *db, int64_t *id, struct err *err) MUST_CHECK;
/*
 * Does the steps of an open one and drops the intent. The root's lock is held exclusively. -1: *at
 * is the step that failed, counted from 0; it and those behind it are not done.
 */
int publication_carry_out(struct root *root, int64_t id, int64_t *at, struct err *err) MUST_CHECK;

#endif
