/* sqlite_error: what SQLite's last failure is in the codes of base/err. */
#ifndef DRYDOCK_DB_STATE_SQLITE_ERROR_H
#define DRYDOCK_DB_STATE_SQLITE_ERROR_H

#include "base/err.h"

#include <stdbool.h>

struct sqlite3;

/* What is told of a state that this user may not write. */
#define SQLITE_OWNER_CAN "the owner of the root can, where its disk can be written"

/*
 * Full and broken disks are ERR_STORAGE, a state that is missing or damaged ERR_NO_STATE, one that
 * another process kept locked ERR_LOCKED (ERR_INTERRUPTED when this process was asked to stop).
 * Too many open files are what base/err makes of that.
 * `what` failed: a statement, or words. Returns -1.
 */
int sqlite_error(struct sqlite3 *handle, const char *what, struct err *err);

/* Whether the last failure is that the index of the WAL has no room, which readers need too. */
bool sqlite_error_lacks_index(struct sqlite3 *handle);

#endif
