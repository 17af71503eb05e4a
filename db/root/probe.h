/*
 * probe: what the file system of a root can do (K12). It is asked once, by files in tmp/ that are
 * removed at once, and again when the root is found on another device. A run that finds the same
 * device makes one fstat for it.
 *
 * Locks are not probed here: root_lock takes one before anything else and refuses in the same way.
 */
#ifndef DRYDOCK_DB_ROOT_PROBE_H
#define DRYDOCK_DB_ROOT_PROBE_H

#include "db/root/root.h"

/*
 * Needs the exclusive lock. Sets root->folds_case. ERR_STORAGE: no tree can be on this file system.
 * What the root has to do without is noted to root->sink, and kept in the state with the device
 * unless root->db is NULL. What cannot be found out now, for instance on a full disk, is left to
 * the next run.
 */
int probe_file_system(struct root *root, struct err *err) MUST_CHECK;

/* Sets root->folds_case to what was found out before, if it was. For those that write nothing. */
int probe_recall(struct root *root, struct err *err) MUST_CHECK;

#endif
