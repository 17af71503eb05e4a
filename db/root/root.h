/*
 * root: the handle of a registry root on disk: its descriptors, its locks, temporary files.
 * root_open of db/root/open.h makes it.
 *
 *     ROOT/v2/…                the registry, exactly as a web server serves it
 *     ROOT/.drydock/           0700: state.db, changes, config, lock, lock.<remote>, tmp/
 *
 * Every path below the root goes through root->dir (a directory descriptor) and a key of
 * base/layout.h; temporary files are named relative to root->tmp.
 *
 * Which command takes `lock` and `lock.<remote>`, and for how long, is K1.
 */
#ifndef DRYDOCK_DB_ROOT_ROOT_H
#define DRYDOCK_DB_ROOT_ROOT_H

#include "base/err.h"
#include "base/event.h"
#include "db/root/partials.h"
#include "db/state/db.h"

#include <stdbool.h>

enum root_made {
	ROOT_WAS_THERE,
	ROOT_MADE_WITH_FOLDER,
	ROOT_MADE_IN_FOLDER,
	ROOT_MADE_FOR_TREE, /* .drydock, by rescan */
};

struct root {
	char *path;        /* owned: as given or found, for messages */
	int dir;           /* ROOT */
	int private_dir;   /* ROOT/.drydock */
	int tmp;           /* ROOT/.drydock/tmp; -1 when opened for reading */
	int lock;          /* descriptor of the held lock, or -1 */
	int *remote_locks; /* owned, each a descriptor: of root_lock_remotes */
	size_t remote_lock_count, remote_lock_cap;
	struct db *db;                 /* owned */
	const struct event_sink *sink; /* borrowed: is told when an interrupted run is undone */
	bool rebuilding;               /* `db` is not in force yet: ROOT_RESCAN */
	enum root_made made;           /* by this process, just now */
	bool taken_away;               /* by the run that had made it, while this one waited */
	bool lockless;                 /* the file system has no locks: nothing can be held */
	bool folds_case;               /* upper and lower case are one to it: probe.h */
};

#define ROOT_INIT                                                                                  \
	{                                                                                          \
		NULL, -1, -1, -1, -1, NULL, 0, 0, NULL, NULL, false, ROOT_WAS_THERE, false, false, \
			false                                                                      \
	}

/* Releases locks, descriptors and memory. Fine on ROOT_INIT, and twice. */
void root_close(struct root *root);

/* What ends each refusal of a file system (K12). */
#define FILE_SYSTEM_REMEDY                                                                         \
	"make the root on another, or copy it to one, for instance ext4, XFS or Btrfs"

enum lock_kind { LOCK_SHARED, LOCK_EXCLUSIVE };

/* Takes `lock` (root->lock); what is already held is converted. */
int root_lock(struct root *root, enum lock_kind kind, int64_t wait_ms, struct err *err) MUST_CHECK;
void root_unlock(struct root *root);
/* Whether another run holds `lock` exclusively now. For commands that only read, and take no lock.
 */
bool root_is_being_written(const struct root *root);
/* Takes lock.<name> exclusively; returns a descriptor, closing it releases the lock. */
int root_lock_named(const struct root *root, const char *name, int64_t wait_ms,
                    struct err *err) MUST_CHECK;

/*
 * Takes the locks of all remotes that were ever synced to, until root_close. With `lock` held
 * exclusively too, no sync is at work and none can begin to plan.
 */
int root_lock_remotes(struct root *root, int64_t wait_ms, struct err *err) MUST_CHECK;

/* A new empty file in tmp/ with a random name. Returns the descriptor. */
enum { TMP_NAME_MAX = PARTIAL_NAME_MAX };
int root_temp_file(const struct root *root, char name[TMP_NAME_MAX], struct err *err) MUST_CHECK;

/* Writes `data` to a new, fsynced file in tmp/. */
int root_temp_write(const struct root *root, const void *data, size_t len, char name[TMP_NAME_MAX],
                    struct err *err) MUST_CHECK;
/* Removes what a run that died left in tmp/, but partials (partials.h). Only the holder of the
 * exclusive lock may. */
int root_empty_tmp(const struct root *root, struct err *err) MUST_CHECK;

#endif
