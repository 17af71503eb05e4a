/*
 * change_count: how often the root was changed, in the state (meta 'changes') and in a file beside
 * it. A state that knows of fewer changes than the file is older than its tree, for instance
 * restored from a backup: it may say nothing about the root any more (K10).
 *
 *     COMMIT of a change, with the count one higher ──► steps ──► the file tells the new count
 *
 * The file is only written after the commit, so that it is never ahead of a state that is in force.
 */
#ifndef DRYDOCK_DB_ROOT_CHANGE_COUNT_H
#define DRYDOCK_DB_ROOT_CHANGE_COUNT_H

#include "db/root/root.h"

/*
 * As the file tells, 0 where there is none that can be read; -1 where it could be read another
 * time. Asked for before the state is opened: another process may be committing a change.
 */
int change_count_of_tree(const struct root *root, uint64_t *count, struct err *err) MUST_CHECK;
/* ERR_NO_STATE when the state knows of fewer changes than `of_tree`. */
int change_count_check(struct db *db, uint64_t of_tree, struct err *err) MUST_CHECK;

/* In the transaction of a change. */
int change_count_add(struct db *db, struct err *err) MUST_CHECK;
int change_count_set(struct db *db, uint64_t count, struct err *err) MUST_CHECK;
/* Brings the file to the state's count. */
int change_count_show(const struct root *root, struct err *err) MUST_CHECK;

#endif
