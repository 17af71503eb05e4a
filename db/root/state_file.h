/*
 * state_file: the state file as a file of ROOT/.drydock: where it is, and how a rebuilt one takes
 * the place of the old one.
 *
 *     tmp/state.db --(the old files set aside, fsync)--> state.db --fsync-->
 *
 * A process that dies in between leaves a root without a state file, which every command but rescan
 * refuses, and never one in which the files of two states are mixed. What that rescan would have
 * taken over from the old state, the next one does: from the file that was kept last.
 */
#ifndef DRYDOCK_DB_ROOT_STATE_FILE_H
#define DRYDOCK_DB_ROOT_STATE_FILE_H

#include "base/err.h"

#define STATE_FILE     "state.db"
#define STATE_FILE_NEW "tmp/" STATE_FILE /* while it is being rebuilt */

enum { STATE_KEPT_MAX = 48 };

/* Removes what an interrupted rescan left of tmp/state.db. */
int state_file_drop_new(int private_dir, struct err *err) MUST_CHECK;

/*
 * Puts tmp/state.db, which is closed, into the place of state.db. The old file and its journal are
 * kept as "state.db.broken-<time>": `kept` is that name, or "" when there was none. `private_dir`
 * is the descriptor of ROOT/.drydock.
 */
int state_file_replace(int private_dir, char kept[STATE_KEPT_MAX], struct err *err) MUST_CHECK;

/* What an earlier call has kept, the last of it: "" when there is nothing. */
int state_file_newest_kept(int private_dir, char kept[STATE_KEPT_MAX], struct err *err) MUST_CHECK;

#endif
