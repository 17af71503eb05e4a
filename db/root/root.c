#include "db/root/root.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/stop.h"
#include "base/units.h"
#include "db/root/publication.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

enum { LOCK_POLL_MS = 100 };

/* flock has no time limit of its own, so waiting is polling. */
static int flock_wait(int fd, int operation, int64_t wait_ms, const char *what, struct err *err)
{
	int64_t until = monotonic_ms() + wait_ms;
	struct timespec nap = {0, LOCK_POLL_MS * 1000000L};

	while (flock(fd, operation | LOCK_NB) < 0) {
		if (stop_check(err) < 0)
			return -1;
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_sys(err, "lock %s", what);
		if (monotonic_ms() >= until)
			return err_set(err, ERR_LOCKED,
			               "another run holds the lock (%s); --lock-wait waits for it",
			               what);
		(void)nanosleep(&nap, NULL);
	}
	return 0;
}

static int open_lock_file(const struct root *root, const char *name, struct err *err)
{
	int fd = openat(root->private_dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	                FILE_MODE_PRIVATE);

	if (fd < 0)
		return err_sys(err, "open %s/%s/%s", root->path, LAYOUT_PRIVATE, name);
	return fd;
}

int root_lock(struct root *root, enum lock_kind kind, int64_t wait_ms, struct err *err)
{
	int operation = kind == LOCK_SHARED ? LOCK_SH : LOCK_EX;

	if (root->lock < 0)
		root->lock = open_lock_file(root, "lock", err);
	if (root->lock < 0)
		return -1;
	if (flock_wait(root->lock, operation, wait_ms, root->path, err) < 0) {
		root_unlock(root); /* a failed conversion may have lost what was held */
		return -1;
	}
	return 0;
}

void root_unlock(struct root *root)
{
	if (root->lock >= 0)
		(void)close(root->lock);
	root->lock = -1;
}

bool root_is_being_written(const struct root *root)
{
	AUTO_CLOSE int fd =
		openat(root->private_dir, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

int root_lock_named(const struct root *root, const char *name, int64_t wait_ms, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char file[NAME_MAX];

	(void)snprintf(file, sizeof(file), "lock.%s", name);
	if (strchr(file, '/'))
		return err_set(err, ERR_BUG, "lock name '%s' has a slash", name);
	fd = open_lock_file(root, file, err);
	if (fd < 0 || flock_wait(fd, LOCK_EX, wait_ms, file, err) < 0)
		return -1;
	return steal_fd(&fd);
}

static int keep_remote_lock(struct root *root, const char *name, int64_t wait_ms, struct err *err)
{
	int *grown = realloc(root->remote_locks,
	                     (root->remote_lock_count + 1) * sizeof(*root->remote_locks));
	int fd;

	if (!grown)
		return err_memory(err);
	root->remote_locks = grown;
	fd = root_lock_named(root, name, wait_ms, err);
	if (fd < 0)
		return -1;
	root->remote_locks[root->remote_lock_count++] = fd;
	return 0;
}

int root_lock_remotes(struct root *root, int64_t wait_ms, struct err *err)
{
	AUTO_DIR DIR *dir = NULL;
	AUTO_CLOSE int fd = openat(root->private_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;

	if (fd < 0)
		return err_sys(err, "open %s/" LAYOUT_PRIVATE, root->path);
	dir = fdopendir(fd);
	if (!dir)
		return err_sys(err, "open %s/" LAYOUT_PRIVATE, root->path);
	(void)steal_fd(&fd);
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, "lock.", 5) == 0 &&
		    keep_remote_lock(root, entry->d_name + 5, wait_ms, err) < 0)
			return -1;
	return 0;
}

/*
 * A root that nobody named is only taken from its owner and from the superuser: its configuration
 * says which files are written and who gets our credentials. 1, 0 when there is none, -1.
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

/* Opens ROOT and ROOT/.drydock. A root is a folder that holds .drydock. */
static int open_folders(struct root *root, enum root_mode mode, struct err *err)
{
	struct stat st;
	bool tree;

	root->dir = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->dir < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		               "%s does not exist (--root or DRYDOCK_ROOT names the registry root)",
		               root->path);
	if (root->dir < 0)
		return err_sys(err, "open %s", root->path);
	tree = fstatat(root->dir, "v2", &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (mode == ROOT_RESCAN && tree &&
	    file_make_dir(root->dir, LAYOUT_PRIVATE, DIR_MODE_PRIVATE, err) < 0)
		return err_context(err, "%s", root->path);
	root->private_dir =
		openat(root->dir, LAYOUT_PRIVATE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root->private_dir < 0 && errno != ENOENT)
		return err_sys(err, "open %s/" LAYOUT_PRIVATE, root->path);
	if (root->private_dir < 0) {
		if (tree)
			return err_set(err, ERR_NO_STATE,
			               "%s holds v2/ but no " LAYOUT_PRIVATE "/" STATE_FILE
			               ": run drydock rescan to rebuild the state",
			               root->path);
		return err_set(err, ERR_NOT_FOUND,
		               "%s is not a registry root (drydock stage makes one)", root->path);
	}
	if (mode != ROOT_READ) {
		/* Whoever copies a tree without its empty folders loses this one. */
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
static int open_db(struct root *root, const char *file, enum db_mode mode, struct err *err)
{
	AUTO_FREE char *path = NULL;
	size_t len = strlen(root->path) + sizeof("/" LAYOUT_PRIVATE "/") + strlen(file);

	path = malloc(len);
	if (!path)
		return err_memory(err);
	(void)snprintf(path, len, "%s/" LAYOUT_PRIVATE "/%s", root->path, file);
	root->db = db_open(path, mode, err);
	return root->db ? 0 : -1;
}

static int open_state(struct root *root, enum db_mode mode, struct err *err)
{
	if (open_db(root, STATE_FILE, mode, err) == 0)
		return 0;
	if (err->code == ERR_NO_STATE)
		(void)err_context(err, "no usable state (drydock rescan rebuilds it)");
	return -1;
}

/*
 * Makes the folders of a root that is not there yet. The state file comes last, so that a root that
 * was half made is made anew by the next run. Returns 1 when something was made.
 */
static int make_root(const char *path, struct err *err)
{
	AUTO_CLOSE int dir = -1;
	struct stat st;
	int made = 0;

	if (mkdir(path, DIR_MODE_PUBLIC) == 0) {
		made = 1;
		if (chmod(path, DIR_MODE_PUBLIC) < 0)
			return err_sys(err, "chmod %s", path);
	} else if (errno != EEXIST) {
		return err_sys(err, "make registry root %s", path);
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "open registry root %s", path);
	if (fstatat(dir, LAYOUT_PRIVATE "/" STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstatat(dir, "v2", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, ERR_NO_STATE,
		               "%s holds v2/ but no " LAYOUT_PRIVATE "/" STATE_FILE
		               ": run drydock rescan to rebuild the state",
		               path);
	if (file_make_dir(dir, LAYOUT_PRIVATE, DIR_MODE_PRIVATE, err) < 0 ||
	    file_make_dir(dir, LAYOUT_PRIVATE "/tmp", DIR_MODE_PRIVATE, err) < 0 ||
	    file_sync_parent(dir, LAYOUT_PRIVATE "/tmp", err) < 0 ||
	    file_sync_parent(dir, LAYOUT_PRIVATE, err) < 0)
		return -1;
	return made ? 1 : 2;
}

/* Removes what a run that died left in tmp/. Only the holder of the exclusive lock may. */
static int empty_tmp(struct root *root, struct err *err)
{
	AUTO_DIR DIR *dir = NULL;
	AUTO_CLOSE int fd = openat(root->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;

	if (fd < 0)
		return err_sys(err, "open tmp");
	dir = fdopendir(fd);
	if (!dir)
		return err_sys(err, "open tmp");
	(void)steal_fd(&fd);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    file_remove(root->tmp, entry->d_name, err) < 0)
			return err_context(err, "%s/" LAYOUT_PRIVATE "/tmp", root->path);
	return 0;
}

/* Finishes what an earlier run has begun; needs the exclusive lock. */
static int recover(struct root *root, enum publication_patience patience, struct err *err)
{
	if (publication_replay(root, patience, root->sink, err) < 0)
		return err_context(err, "finishing an interrupted run");
	return empty_tmp(root, err);
}

static int recover_for_sync(struct root *root, int64_t lock_wait_ms, struct err *err)
{
	int pending = publication_pending(root->db, err);
	int result;

	if (pending <= 0)
		return pending;
	if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0)
		return -1;
	result = recover(root, PATIENCE_FOR_SPACE, err);
	root_unlock(root);
	return result;
}

int root_lock_settled(struct root *root, int64_t wait_ms, struct err *err)
{
	int pending;

	for (;;) {
		if (root_lock(root, LOCK_SHARED, wait_ms, err) < 0)
			return -1;
		pending = publication_pending(root->db, err);
		if (pending == 0)
			return 0;
		/* Let go first: two that share it would wait for each other. */
		root_unlock(root);
		if (pending < 0 || recover_for_sync(root, wait_ms, err) < 0)
			return -1;
	}
}

/*
 * What stands in an old state that can still be read, and was begun, is finished: its files are in
 * tmp/, which is emptied next. A state that cannot even do that is as good as none.
 */
static int finish_old_state(struct root *root, const struct event_sink *sink, struct err *err)
{
	int result = open_state(root, DB_WRITE, err);

	if (result == 0)
		result = publication_replay(root, PATIENCE_FOR_SPACE, sink, err);
	db_close(root->db);
	root->db = NULL;
	if (result == 0 || err->code == ERR_NO_STATE)
		return 0;
	if (err->code == ERR_LOCKED || err->code == ERR_INTERRUPTED || err->code == ERR_MEMORY)
		return -1;
	event_warning(sink, "what the old state has begun could not be finished: %s", err->message);
	return 0;
}

static int open_for_rescan(struct root *root, int64_t lock_wait_ms, const struct event_sink *sink,
                           struct err *err)
{
	if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0 ||
	    root_lock_remotes(root, lock_wait_ms, err) < 0 ||
	    finish_old_state(root, sink, err) < 0 || empty_tmp(root, err) < 0)
		return -1;
	return open_db(root, STATE_FILE_NEW, DB_CREATE, err);
}

int root_replace_state(struct root *root, char kept[STATE_KEPT_MAX], struct err *err)
{
	db_close(root->db);
	root->db = NULL;
	if (state_file_replace(root->private_dir, kept, err) < 0)
		return err_context(err, "%s/" LAYOUT_PRIVATE, root->path);
	return open_state(root, DB_WRITE, err);
}

/* Beside a tree an empty state is a lost one, and must not be begun anew. */
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
		return recover_for_sync(root, lock_wait_ms, err);
	case ROOT_WRITE:
	case ROOT_CREATE:
		if (root_lock(root, LOCK_EXCLUSIVE, lock_wait_ms, err) < 0 ||
		    open_state(root, may_be_new(root, mode) ? DB_CREATE : DB_WRITE, err) < 0)
			return -1;
		/* What opens without making a root is untag and gc: they make room. */
		return recover(root,
		               mode == ROOT_WRITE ? PATIENCE_NOT_FOR_SPACE : PATIENCE_FOR_SPACE,
		               err);
	case ROOT_RESCAN:
		return open_for_rescan(root, lock_wait_ms, sink, err);
	}
	return err_set(err, ERR_BUG, "root_open: mode %d", (int)mode);
}

int root_open(struct root *root, const char *path, enum root_mode mode, int64_t lock_wait_ms,
              const struct event_sink *sink, struct err *err)
{
	*root = (struct root)ROOT_INIT;
	root->sink = sink;
	root->path = strdup(path);
	if (!root->path)
		return err_memory(err);
	if (mode == ROOT_CREATE) {
		int made = make_root(path, err);

		if (made < 0)
			goto fail;
		if (made > 0)
			event_note(sink, "made a new registry root: %s", path);
	}
	if (open_all(root, mode, lock_wait_ms, sink, err) == 0)
		return 0;
fail:
	root_close(root);
	return -1;
}

void root_close(struct root *root)
{
	db_close(root->db);
	root->db = NULL;
	for (size_t i = 0; i < root->remote_lock_count; i++)
		(void)close(root->remote_locks[i]);
	free(root->remote_locks);
	root->remote_locks = NULL;
	root->remote_lock_count = 0;
	root_unlock(root);
	cleanup_close(&root->tmp);
	cleanup_close(&root->private_dir);
	cleanup_close(&root->dir);
	root->tmp = root->private_dir = root->dir = -1;
	free(root->path);
	root->path = NULL;
}

int root_temp_file(const struct root *root, char name[TMP_NAME_MAX], struct err *err)
{
	uint8_t random[16];

	if (random_bytes(random, sizeof(random), err) < 0)
		return -1;
	(void)hex_text(random, sizeof(random), name);
	return file_create(root->tmp, name, FILE_MODE_PUBLIC, err);
}

int root_temp_write(const struct root *root, const void *data, size_t len, char name[TMP_NAME_MAX],
                    struct err *err)
{
	AUTO_CLOSE int fd = root_temp_file(root, name, err);

	if (fd < 0)
		return -1;
	if (file_write(fd, data, len, name, err) < 0 || file_sync_close(&fd, name, err) < 0) {
		(void)unlinkat(root->tmp, name, 0);
		return -1;
	}
	return 0;
}
