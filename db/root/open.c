#include "db/root/open.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "db/root/change_count.h"
#include "db/root/probe.h"
#include "db/root/publication.h"
#include "db/root/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whether `path` holds a root, and one that may be taken without being named (K9). 1, 0 when it
 * holds none, -1.
 */
static int holds_root(const char *path, struct err *err)
{
	char probe[PATH_MAX + sizeof("/" LAYOUT_PRIVATE)];
	struct stat st;

	(void)snprintf(probe, sizeof(probe), "%s/" LAYOUT_PRIVATE, path);
	if (lstat(probe, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (st.st_uid == geteuid() || st.st_uid == 0)
		return 1;
	return err_set(err, ERR_CONFIG,
	               "%s belongs to another user, and so does what its configuration says; if "
	               "you mean this registry root, name it: --root %s",
	               probe, path);
}

/* The nearest folder from the working directory upwards that holds .drydock. 1, 0, -1. */
static int find_upwards(char cwd[PATH_MAX], struct err *err)
{
	char *slash;
	int found;

	if (!getcwd(cwd, PATH_MAX))
		return err_sys(err, "working directory");
	while ((found = holds_root(cwd, err)) == 0) {
		slash = strrchr(cwd, '/');
		if (!slash || slash == cwd)
			return 0;
		*slash = '\0';
	}
	return found;
}

char *root_find(const char *given, struct err *err)
{
	char cwd[PATH_MAX];
	const char *path = given ? given : cwd;
	int found = given ? 1 : find_upwards(cwd, err);
	char *copy;

	if (found == 0) {
		path = "./registry";
		found = holds_root(path, err);
	}
	if (found < 0)
		return NULL;
	copy = strdup(path);
	if (!copy)
		(void)err_memory(err);
	return copy;
}

static int state_lost(const char *path, struct err *err)
{
	return err_set(err, ERR_NO_STATE,
	               "%s holds v2/ but no " LAYOUT_PRIVATE "/" STATE_FILE
	               ": run drydock rescan to rebuild the state",
	               path);
}

/* Opens ROOT and ROOT/.drydock. A root is a folder that holds .drydock. */
static int open_folders(struct root *root, enum root_mode mode, struct err *err)
{
	struct stat st;
	bool tree;

	root->dir = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->dir < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		               "%s does not exist: drydock stage or init makes a registry root "
		               "there, --root or DRYDOCK_ROOT names another",
		               root->path);
	if (root->dir < 0)
		return err_sys(err, "open %s", root->path);
	tree = fstatat(root->dir, "v2", &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (mode == ROOT_RESCAN && tree &&
	    fstatat(root->dir, LAYOUT_PRIVATE, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (file_make_dir(root->dir, LAYOUT_PRIVATE, DIR_MODE_PRIVATE, err) < 0)
			return err_context(err, "%s", root->path);
		root->made = ROOT_MADE_FOR_TREE;
	}
	root->private_dir =
		openat(root->dir, LAYOUT_PRIVATE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root->private_dir < 0 && errno != ENOENT)
		return err_sys(err, "open %s/" LAYOUT_PRIVATE, root->path);
	if (root->private_dir < 0) {
		if (tree)
			return state_lost(root->path, err);
		return err_set(err, ERR_NOT_FOUND,
		               "%s is not a registry root (drydock stage makes one)", root->path);
	}
	if (mode != ROOT_READ) {
		/* A copy of a tree without its empty folders lacks this one. */
		if (file_make_dir(root->private_dir, "tmp", DIR_MODE_PRIVATE, err) < 0)
			return err_context(err, "%s/" LAYOUT_PRIVATE, root->path);
		root->tmp = openat(root->private_dir, "tmp",
		                   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (root->tmp < 0)
			return err_sys(err, "open %s/" LAYOUT_PRIVATE "/tmp", root->path);
	}
	return 0;
}

/* `file` is below .drydock. */
static struct db *open_db(const struct root *root, const char *file, enum db_mode mode,
                          struct err *err)
{
	AUTO_FREE char *path = NULL;
	size_t len = strlen(root->path) + sizeof("/" LAYOUT_PRIVATE "/") + strlen(file);

	path = malloc(len);
	if (!path) {
		(void)err_memory(err);
		return NULL;
	}
	(void)snprintf(path, len, "%s/" LAYOUT_PRIVATE "/%s", root->path, file);
	return db_open(path, mode, err);
}

/* What will pass keeps rescan from an old state that is good: it has to be run again then. */
static bool will_pass(const struct err *err)
{
	return err->code == ERR_LOCKED || err->code == ERR_INTERRUPTED || err->code == ERR_MEMORY ||
	       err_lacks_descriptors(err);
}

int root_open_old_state(const struct root *root, struct db **db, struct err *err)
{
	char kept[STATE_KEPT_MAX] = "";

	*db = NULL;
	if (faccessat(root->private_dir, STATE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    state_file_newest_kept(root->private_dir, kept, err) < 0)
		return -1;
	*db = open_db(root, kept[0] ? kept : STATE_FILE, DB_READ, err);
	if (*db)
		return 1;
	if (will_pass(err))
		return -1;
	if (err->code != ERR_NO_STATE)
		event_warning(root->sink,
		              "which tags were removed cannot be read from the old state: %s",
		              err->message);
	return 0;
}

static int open_state(struct root *root, enum db_mode mode, struct err *err)
{
	uint64_t changes;

	if (change_count_of_tree(root, &changes, err) < 0)
		return -1;
	root->db = open_db(root, STATE_FILE, mode, err);
	if (root->db && change_count_check(root->db, changes, err) == 0)
		return 0;
	if (err->code == ERR_NO_STATE)
		(void)err_context(err, "no usable state (drydock rescan rebuilds it)");
	return -1;
}

/* Makes .drydock and what it needs. What this run has made of it goes again when that fails. */
static int make_private(int dir, struct err *err)
{
	static const char private[] = LAYOUT_PRIVATE, tmp[] = LAYOUT_PRIVATE "/tmp";
	bool fresh = faccessat(dir, private, F_OK, AT_SYMLINK_NOFOLLOW) < 0;

	if (file_make_dir(dir, private, DIR_MODE_PRIVATE, err) == 0 &&
	    file_make_dir(dir, tmp, DIR_MODE_PRIVATE, err) == 0 &&
	    file_sync_parent(dir, tmp, err) == 0 && file_sync_parent(dir, private, err) == 0)
		return 0;
	if (fresh) {
		(void)unlinkat(dir, tmp, AT_REMOVEDIR);
		(void)unlinkat(dir, private, AT_REMOVEDIR);
	}
	return -1;
}

/* 1 made, 0 when a root is there, -1. */
static int make_in_folder(const char *path, bool fresh, struct err *err)
{
	AUTO_CLOSE int dir = -1;
	struct stat st;

	if (fresh && chmod(path, DIR_MODE_PUBLIC) < 0)
		return err_sys(err, "chmod %s", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "open registry root %s", path);
	if (fstatat(dir, LAYOUT_PRIVATE "/" STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstatat(dir, "v2", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return state_lost(path, err);
	return make_private(dir, err) < 0 ? err_context(err, "registry root %s", path) : 1;
}

/*
 * Makes the folders of a root that is not there yet. The state file comes last, so that a root that
 * was half made is made anew by the next run.
 */
static int make_root(const char *path, enum root_made *made, struct err *err)
{
	bool fresh = mkdir(path, DIR_MODE_PUBLIC) == 0;
	int got;

	*made = ROOT_WAS_THERE;
	if (!fresh && errno != EEXIST)
		return err_sys(err, "make registry root %s", path);
	got = make_in_folder(path, fresh, err);
	if (got > 0)
		*made = fresh ? ROOT_MADE_WITH_FOLDER : ROOT_MADE_IN_FOLDER;
	else if (got < 0 && fresh)
		(void)rmdir(path);
	return got < 0 ? -1 : 0;
}

/*
 * What stands in an old state that can still be read, and was begun, is finished. Only then is tmp/
 * emptied: until the new state has its place the old one is in force, and what it has begun needs
 * its files there. A state that cannot even be finished is as good as none.
 */
static int finish_old_state(struct root *root, const struct event_sink *sink, struct err *err)
{
	int result = open_state(root, DB_WRITE, err);

	if (result == 0)
		result = recovery_replay(root, PATIENCE_FOR_SPACE, sink, err);
	db_close(root->db);
	root->db = NULL;
	if (result == 0)
		return root_empty_tmp(root, err);
	if (err->code == ERR_NO_STATE)
		return 0;
	/* All else, a full disk too, must not keep rescan from the root. */
	if (will_pass(err))
		return -1;
	event_warning(sink, "what the old state has begun could not be finished: %s", err->message);
	return 0;
}

static int open_for_rescan(struct root *root, int64_t lock_wait_ms, const struct event_sink *sink,
                           struct err *err)
{
	if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0 ||
	    root_lock_remotes(root, lock_wait_ms, err) < 0 || probe_file_system(root, err) < 0 ||
	    finish_old_state(root, sink, err) < 0 ||
	    state_file_drop_new(root->private_dir, err) < 0)
		return -1;
	root->rebuilding = true;
	root->db = open_db(root, STATE_FILE_NEW, DB_CREATE, err);
	return root->db ? 0 : -1;
}

int root_replace_state(struct root *root, char kept[STATE_KEPT_MAX], struct err *err)
{
	uint64_t changes;

	/* From here on no copy of the old state is taken for the tree's. */
	if (change_count_of_tree(root, &changes, err) < 0 ||
	    change_count_set(root->db, changes + 1, err) < 0)
		return -1;
	db_close(root->db);
	root->db = NULL;
	if (state_file_replace(root->private_dir, kept, err) < 0)
		return err_context(err, "%s/" LAYOUT_PRIVATE, root->path);
	if (open_state(root, DB_WRITE, err) < 0)
		return -1;
	root->rebuilding = false;
	/* What it wants of the tree; and nothing else is in force that could need tmp/. */
	if (recovery_replay(root, PATIENCE_FOR_SPACE, root->sink, err) < 0)
		return err_context(err, "the state is rebuilt; bringing the tree up to it");
	return root_empty_tmp(root, err) < 0 ? -1 : change_count_show(root, err);
}

/* Beside a tree an empty state is a lost one (K5). */
static bool may_be_new(const struct root *root, enum root_mode mode)
{
	return mode == ROOT_CREATE && faccessat(root->dir, "v2", F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static int open_all(struct root *root, enum root_mode mode, int64_t lock_wait_ms,
                    const struct event_sink *sink, struct err *err)
{
	if (open_folders(root, mode, err) < 0)
		return -1;
	switch (mode) {
	case ROOT_READ:
		return open_state(root, DB_READ, err);
	case ROOT_SYNC:
		if (open_state(root, DB_WRITE, err) < 0)
			return -1;
		return recovery_run_locked(root, lock_wait_ms, err);
	case ROOT_WRITE:
	case ROOT_CREATE:
		if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0 ||
		    open_state(root, may_be_new(root, mode) ? DB_CREATE : DB_WRITE, err) < 0 ||
		    probe_file_system(root, err) < 0)
			return -1;
		/* What opens without making a root is untag and gc: they make room. */
		return recovery_run(
			root, mode == ROOT_WRITE ? PATIENCE_NOT_FOR_SPACE : PATIENCE_FOR_SPACE,
			err);
	case ROOT_RESCAN:
		return open_for_rescan(root, lock_wait_ms, sink, err);
	}
	return err_set(err, ERR_BUG, "root_open: mode %d", (int)mode);
}

static int open_once(struct root *root, const char *path, enum root_mode mode, int64_t lock_wait_ms,
                     const struct event_sink *sink, struct err *err)
{
	*root = (struct root)ROOT_INIT;
	root->sink = sink;
	root->path = strdup(path);
	if (!root->path)
		return err_memory(err);
	if (mode == ROOT_CREATE && make_root(path, &root->made, err) < 0)
		return -1;
	if (open_all(root, mode, lock_wait_ms, sink, err) < 0)
		return -1;
	if (root->made == ROOT_MADE_WITH_FOLDER || root->made == ROOT_MADE_IN_FOLDER)
		event_note(sink, "made a new registry root: %s", path);
	return 0;
}

/* Whether there is a tree or a state, which may know of a change that the tree does not show yet.
 */
static bool is_needed(const struct root *root, struct err *err)
{
	struct stat st;
	bool state = fstatat(root->private_dir, STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (root->made == ROOT_MADE_FOR_TREE)
		return state;
	if (faccessat(root->dir, "v2", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return root->db ? publication_pending(root->db, err) != 0 : state && st.st_size > 0;
}

int root_unmake(struct root *root, struct err *err)
{
	/* The lock goes last: until then nobody else makes a root here. */
	static const char *const files[] = {STATE_FILE,        STATE_FILE "-wal",
	                                    STATE_FILE "-shm", STATE_FILE "-journal",
	                                    "changes",         "lock"};
	enum root_made made = root->made;
	struct partials partials = {0, 0};

	if (made == ROOT_WAS_THERE || partials_count(root->private_dir, &partials, err) < 0 ||
	    partials.count > 0 || is_needed(root, err))
		return 0;
	db_close(root->db);
	root->db = NULL;
	if (root_empty_tmp(root, err) < 0)
		return -1;
	if (unlinkat(root->private_dir, "tmp", AT_REMOVEDIR) < 0)
		return err_sys(err, "remove %s/" LAYOUT_PRIVATE "/tmp", root->path);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (file_remove(root->private_dir, files[i], err) < 0)
			return -1;
	/* What else is in the folders is not ours to remove: they stay then. */
	if (unlinkat(root->dir, LAYOUT_PRIVATE, AT_REMOVEDIR) == 0 && made == ROOT_MADE_WITH_FOLDER)
		(void)rmdir(root->path);
	return 1;
}

/*
 * A root that could be made and not be opened. Without its lock it may be another run's by now,
 * unless no run can lock it; and a state that is lost is not mended by removing what tells so.
 */
static void take_away_new(struct root *root, const struct event_sink *sink, enum err_code why)
{
	struct err err = ERR_INIT;

	if ((root->lock < 0 && !root->lockless) || root->taken_away || why == ERR_NO_STATE)
		return;
	if (root_unmake(root, &err) < 0)
		event_warning(sink, "the new registry root stays: %s", err.message);
}

int root_open(struct root *root, const char *path, enum root_mode mode, int64_t lock_wait_ms,
              const struct event_sink *sink, struct err *err)
{
	bool again = mode == ROOT_CREATE || mode == ROOT_RESCAN;

	for (;;) {
		bool taken_away;

		if (open_once(root, path, mode, lock_wait_ms, sink, err) == 0)
			return 0;
		taken_away = root->taken_away;
		take_away_new(root, sink, err->code);
		root_close(root);
		if (!again || !taken_away)
			return -1;
		again = false; /* whoever makes it anew holds the lock */
	}
}
