/*
 * root: a registry root on disk: finding, making, opening, checking and locking it.
 *
 *     ROOT/v2/…                the registry, exactly as a web server serves it
 *     ROOT/.drydock/           0700: state.db, config, lock, lock.<remote>, tmp/
 *
 * Every path below the root goes through root->dir (a directory descriptor) and a key of
 * base/layout.h; temporary files are named relative to root->tmp.
 *
 * Locks (flock, closed on exec, so that a dead process never blocks anybody):
 *     lock            exclusive for stage, untag, gc, rescan; shared for sync while it plans
 *     lock.<remote>   exclusive for a sync, for the whole run
 * Reading commands take none.
 */
#ifndef DRYDOCK_DB_ROOT_ROOT_H
#define DRYDOCK_DB_ROOT_ROOT_H

#include "base/err.h"
#include "base/event.h"
#include "db/root/state_file.h"
#include "db/state/db.h"

#include <stdbool.h>

struct root {
	char *path;        /* owned: as given or found, for messages */
	int dir;           /* ROOT */
	int private_dir;   /* ROOT/.drydock */
	int tmp;           /* ROOT/.drydock/tmp; -1 when opened for reading */
	int lock;          /* descriptor of the held lock, or -1 */
	int *remote_locks; /* owned: of root_lock_remotes */
	size_t remote_lock_count;
	struct db *db;                 /* owned */
	const struct event_sink *sink; /* borrowed: is told when an interrupted run is undone */
};

#define ROOT_INIT                                                                                  \
	{                                                                                          \
		NULL, -1, -1, -1, -1, NULL, 0, NULL, NULL                                          \
	}

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
 * when the root that was so found belongs to another user than us and the superuser: its
 * configuration counts, and anybody may leave one where others work.
 */
char *root_find(const char *given, struct err *err) MUST_CHECK;

/*
 * ERR_NOT_FOUND: no such folder, or it is not a root. ERR_NO_STATE: v2/ without a readable state.
 * ERR_LOCKED: another run holds the lock after `lock_wait_ms`.
 */
int root_open(struct root *root, const char *path, enum root_mode mode, int64_t lock_wait_ms,
              const struct event_sink *sink, struct err *err) MUST_CHECK;
void root_close(struct root *root);

/*
 * ROOT_RESCAN opens a root whatever has become of its state file, also without .drydock. What a
 * readable state has begun is finished first, if it can be; the state that is then filled is a new
 * one in tmp/ and counts for nothing until this function puts it into the place of the old one,
 * whose file is kept under the name `kept` ("" when there was none). The root stays open.
 */
int root_replace_state(struct root *root, char kept[STATE_KEPT_MAX], struct err *err) MUST_CHECK;

enum lock_kind { LOCK_SHARED, LOCK_EXCLUSIVE };

/* Takes `lock` (root->lock); what is already held is converted. */
int root_lock(struct root *root, enum lock_kind kind, int64_t wait_ms, struct err *err) MUST_CHECK;
void root_unlock(struct root *root);
/* Whether another run holds `lock` exclusively now. For those who only read, and take no lock. */
bool root_is_being_written(const struct root *root);
/*
 * For ROOT_SYNC: takes `lock` shared, with nothing open of a run that has died since root_open. The
 * state would be ahead of the tree.
 */
int root_lock_settled(struct root *root, int64_t wait_ms, struct err *err) MUST_CHECK;

/* Takes lock.<name> exclusively; returns a descriptor, closing it releases the lock. */
int root_lock_named(const struct root *root, const char *name, int64_t wait_ms,
                    struct err *err) MUST_CHECK;

/*
 * Takes the locks of all remotes that were ever synced to, until root_close. With `lock` held
 * exclusively too, no sync is at work and none can begin to plan.
 */
int root_lock_remotes(struct root *root, int64_t wait_ms, struct err *err) MUST_CHECK;

/* A new empty file in tmp/ with a random name. Returns the descriptor. */
enum { TMP_NAME_MAX = 40 };
int root_temp_file(const struct root *root, char name[TMP_NAME_MAX], struct err *err) MUST_CHECK;

/* Writes `data` to a new, fsynced file in tmp/. */
int root_temp_write(const struct root *root, const void *data, size_t len, char name[TMP_NAME_MAX],
                    struct err *err) MUST_CHECK;

#endif
