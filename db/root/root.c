#include "db/root/root.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/stop.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

enum { LOCK_POLL_MS = 100 };

/* What flock says where there are no locks, if only because their service does not run. */
static bool has_no_locks(int error)
{
	return error == ENOLCK || error == ENOSYS || error == ENOTSUP || error == EINVAL;
}

static int refuse_lockless(const struct root *root, struct err *err)
{
	int error = errno;

	(void)err_set(err, ERR_STORAGE,
	              "the file system of %s cannot lock files, and two runs would spoil each "
	              "other's work (flock: %s): " FILE_SYSTEM_REMEDY
	              "; on NFS, let its lock service run",
	              root->path, strerror(error));
	err->sys_errno = error;
	return -1;
}

/* flock has no time limit of its own, so waiting is polling. `what` is in messages. */
static int flock_wait(const struct root *root, int fd, int operation, int64_t wait_ms,
                      const char *what, struct err *err)
{
	int64_t until = monotonic_ms() + wait_ms;
	struct timespec nap = {0, LOCK_POLL_MS * 1000000L};

	while (flock(fd, operation | LOCK_NB) < 0) {
		if (stop_check(err) < 0)
			return -1;
		if (errno == EINTR)
			continue;
		if (has_no_locks(errno))
			return refuse_lockless(root, err);
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

/* Where permissions are in the way, whose they are is the remedy. */
static int not_ours(const struct root *root, const char *name, struct err *err)
{
	bool refused = errno == EACCES || errno == EPERM;
	struct stat st;
	struct err why;

	(void)err_sys(err, "open %s/%s/%s", root->path, LAYOUT_PRIVATE, name);
	why = *err;
	if (!refused || fstat(root->private_dir, &st) < 0 || st.st_uid == geteuid())
		return -1;
	return err_set(err, why.code, "%s: the root belongs to the user with number %u",
	               why.message, (unsigned)st.st_uid);
}

static int open_lock_file(const struct root *root, const char *name, struct err *err)
{
	int fd = openat(root->private_dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	                FILE_MODE_PRIVATE);

	return fd < 0 ? not_ours(root, name, err) : fd;
}

int root_lock(struct root *root, enum lock_kind kind, int64_t wait_ms, struct err *err)
{
	int operation = kind == LOCK_SHARED ? LOCK_SH : LOCK_EX;
	struct stat st;

	if (root->lock < 0)
		root->lock = open_lock_file(root, "lock", err);
	if (root->lock < 0)
		return -1;
	if (flock_wait(root, root->lock, operation, wait_ms, root->path, err) < 0) {
		root_unlock(root); /* a failed conversion may have lost what was held */
		root->lockless = has_no_locks(err->sys_errno);
		return -1;
	}
	if (fstat(root->lock, &st) < 0 || st.st_nlink > 0)
		return 0;
	root->taken_away = true;
	return err_set(err, ERR_LOCKED,
	               "%s was taken away again by the run that had made it: try once more",
	               root->path);
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
	if (fd < 0 || flock_wait(root, fd, LOCK_EX, wait_ms, file, err) < 0)
		return -1;
	return steal_fd(&fd);
}

static int keep_remote_lock(struct root *root, const char *name, int64_t wait_ms, struct err *err)
{
	int fd;

	if (array_room(&root->remote_locks, root->remote_lock_count, &root->remote_lock_cap, err) <
	    0)
		return -1;
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

void root_close(struct root *root)
{
	db_close(root->db);
	for (size_t i = 0; i < root->remote_lock_count; i++)
		(void)close(root->remote_locks[i]);
	free(root->remote_locks);
	root_unlock(root);
	cleanup_close(&root->tmp);
	cleanup_close(&root->private_dir);
	cleanup_close(&root->dir);
	free(root->path);
	*root = (struct root)ROOT_INIT;
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

/* One that drydock did not make, as it makes none: it is left, and nothing fails for it. */
static bool is_folder(const struct root *root, const char *name)
{
	struct stat st;

	if (fstatat(root->tmp, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return false;
	event_note(root->sink,
	           "%s/" LAYOUT_PRIVATE "/tmp/%s is none of drydock's folders: it is "
	           "left there",
	           root->path, name);
	return true;
}

int root_empty_tmp(const struct root *root, struct err *err)
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
		    !partial_is_kept(root->tmp, entry->d_name) &&
		    file_remove(root->tmp, entry->d_name, err) < 0 &&
		    !is_folder(root, entry->d_name))
			return err_context(err, "%s/" LAYOUT_PRIVATE "/tmp", root->path);
	return 0;
}
