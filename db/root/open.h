/*
 * open: finds, makes and opens a registry root, and finishes or undoes what a run that died has
 * begun in it.
 */
#ifndef DRYDOCK_DB_ROOT_OPEN_H
#define DRYDOCK_DB_ROOT_OPEN_H

#include "db/root/root.h"
#include "db/root/state_file.h"

enum root_mode {
	ROOT_READ,   /* no lock, database read-only */
	ROOT_SYNC,   /* database writable; open publications are finished; no lock is kept */
	ROOT_WRITE,  /* exclusive lock kept; open publications are finished, tmp/ is emptied */
	ROOT_CREATE, /* as ROOT_WRITE, and a missing root is made and announced */
	ROOT_RESCAN, /* all locks kept; the state is a new, empty one: see root_replace_state */
};

/*
 * The path of the root: `given` (option, environment or config) or, when that is NULL, the nearest
 * parent of the working directory that holds .drydock, else "./registry". Caller frees. ERR_CONFIG
 * when the root that was so found belongs neither to this user nor to the superuser (K9).
 */
char *root_find(const char *given, struct err *err) MUST_CHECK;

/*
 * ERR_NOT_FOUND: no such folder, or it is not a root. ERR_NO_STATE: v2/ without a readable state.
 * ERR_LOCKED: another run holds the lock after `lock_wait_ms`. ERR_STORAGE, among others: no root
 * can be on this file system (K12). A root that was made for this and not opened is taken away.
 */
int root_open(struct root *root, const char *path, enum root_mode mode, int64_t lock_wait_ms,
              const struct event_sink *sink, struct err *err) MUST_CHECK;

/*
 * Takes away a root that this process made, and in which nothing was published: what it held was
 * nothing, and the next run makes it again (K11). 1 when it is gone, and `root` with it but for
 * root_close; 0 when it stays; -1.
 */
int root_unmake(struct root *root, struct err *err) MUST_CHECK;

/*
 * ROOT_RESCAN opens a root whatever has become of its state file, also without .drydock. What a
 * readable state has begun is finished first, if it can be; the state that is then filled is a new
 * one in tmp/ and counts for nothing until this function puts it into the place of the old one,
 * whose file is kept under the name `kept` ("" when there was none), and empties tmp/. The root
 * stays open.
 */
int root_replace_state(struct root *root, char kept[STATE_KEPT_MAX], struct err *err) MUST_CHECK;

/*
 * For ROOT_RESCAN: what is left of the old state, to read; of the one that was kept last where a
 * rescan died while the new state took its place. 1 with *db, which the caller closes; 0 when it
 * cannot be read, which is told unless it is damaged or lost; -1.
 */
int root_open_old_state(const struct root *root, struct db **db, struct err *err) MUST_CHECK;

#endif
