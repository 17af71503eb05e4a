/*
 * recovery: what becomes of publications that a process left open when it died. Two ways lead out:
 * carry the steps out again (publication), or, where that can never succeed, undo them (rollback).
 */
#ifndef DRYDOCK_DB_ROOT_RECOVERY_H
#define DRYDOCK_DB_ROOT_RECOVERY_H

#include "db/root/publication.h"

enum recovery_patience {
	PATIENCE_FOR_SPACE,     /* a full disk may get free: the error is returned */
	PATIENCE_NOT_FOR_SPACE, /* for what frees it */
};

/*
 * Carries out all open publications; one that cannot be is rolled back, and a warning says so. The
 * root's lock is held exclusively.
 */
int recovery_replay(struct root *root, enum recovery_patience patience,
                    const struct event_sink *sink, struct err *err) MUST_CHECK;
/* The same, and empties tmp/. */
int recovery_run(struct root *root, enum recovery_patience patience, struct err *err) MUST_CHECK;
/* recovery_run where anything is open, holding the exclusive lock for just as long. */
int recovery_run_locked(struct root *root, int64_t lock_wait_ms, struct err *err) MUST_CHECK;

/*
 * For ROOT_SYNC: takes `lock` shared, with nothing open of a run that has died since root_open. The
 * state would be ahead of the tree.
 */
int root_lock_settled(struct root *root, int64_t wait_ms, struct err *err) MUST_CHECK;

#endif
