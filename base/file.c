#include "base/file.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

enum { COPY_BUFFER = 1 << 18 };

ssize_t file_read(int fd, void *data, size_t len, const char *what, struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);

		if (n < 0 && errno == EINTR) {
			if (stop_check(err) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return err_sys(err, "read %s", what);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t file_read_at(int fd, void *data, size_t len, uint64_t offset, const char *what,
                     struct err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read %s", what);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int file_write(int fd, const void *data, size_t len, const char *what, struct err *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "write %s", what);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_open_read(int dir, const char *path, struct err *err)
{
	AUTO_CLOSE int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_REFUSED, "%s is a symbolic link", path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s is not a regular file", path);
	return steal_fd(&fd);
}

int file_create(int dir, const char *path, mode_t mode, struct err *err)
{
	AUTO_CLOSE int fd =
		openat(dir, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return err_sys(err, "create %s", path);
	if (fchmod(fd, mode) < 0)
		return err_sys(err, "chmod %s", path);
	return steal_fd(&fd);
}

int file_read_all(int dir, const char *path, struct str *out, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(dir, path, err);
	struct stat st;
	ssize_t n;
	char *to, extra;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", path);
	to = (uint64_t)st.st_size <= out->max ? str_reserve(out, (size_t)st.st_size) : NULL;
	if (!to)
		return err_set(err, ERR_REFUSED, "%s has %lld bytes, more than the %zu allowed",
		               path, (long long)st.st_size, out->max - out->len);
	n = file_read(fd, to, (size_t)st.st_size, path, err);
	if (n < 0)
		return -1;
	str_grew(out, (size_t)n);
	n = file_read(fd, &extra, 1, path, err);
	if (n != 0)
		return n < 0 ? -1 : err_set(err, ERR_REFUSED, "%s grew while it was read", path);
	return 0;
}

int file_sync(int fd)
{
#ifdef F_FULLFSYNC
	/* Network file systems and some foreign ones do not know it. */
	if (fcntl(fd, F_FULLFSYNC) == 0)
		return 0;
#endif
	return fsync(fd);
}

int file_sync_close(int *fd, const char *what, struct err *err)
{
	int taken = steal_fd(fd);

	if (file_sync(taken) < 0) {
		(void)err_sys(err, "fsync %s", what);
		(void)close(taken);
		return -1;
	}
	if (close(taken) < 0)
		return err_sys(err, "close %s", what);
	return 0;
}

int file_make_dir(int dir, const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdirat(dir, path, mode) == 0) {
		if (fchmodat(dir, path, mode, 0) < 0)
			return err_sys(err, "chmod %s", path);
		return 0;
	}
	if (errno != EEXIST)
		return err_sys(err, "make folder %s", path);
	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "stat %s", path);
	if (S_ISDIR(st.st_mode))
		return 0;
	(void)err_set(err, ERR_STORAGE, "%s is in the way: not a folder", path);
	err->sys_errno = ENOTDIR;
	return -1;
}

int file_make_parents(int dir, const char *path, struct err *err)
{
	char part[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!slash)
		return 0;
	if ((size_t)(slash - path) >= sizeof(part))
		return err_set(err, ERR_REFUSED, "path too long: %.200s…", path);
	/* From the top: below a component that is a link, everything would be somewhere else. */
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		if (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			continue;
		if (file_make_dir(dir, part, DIR_MODE_PUBLIC, err) < 0)
			return -1;
	}
	return 0;
}

int file_sync_parent(int dir, const char *path, struct err *err)
{
	char part[PATH_MAX];
	const char *slash = strrchr(path, '/');
	AUTO_CLOSE int fd = -1;

	if (slash && (size_t)(slash - path) >= sizeof(part))
		return err_set(err, ERR_REFUSED, "path too long: %.200s…", path);
	if (slash) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
	} else {
		memcpy(part, ".", 2);
	}
	fd = openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open folder %s", part);
	/* Some file systems cannot fsync a folder: when its names are on disk is theirs to say. */
	if (file_sync(fd) < 0 && errno != EINVAL && errno != EBADF && errno != ENOTSUP &&
	    errno != ENOSYS)
		return err_sys(err, "fsync folder %s", part);
	return 0;
}

int file_remove(int dir, const char *path, struct err *err)
{
	if (unlinkat(dir, path, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove %s", path);
	return 0;
}

int file_prune_parents(int dir, const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	char *slash;

	if (len >= sizeof(part))
		return err_set(err, ERR_REFUSED, "path too long: %.200s…", path);
	memcpy(part, path, len + 1);
	while ((slash = strrchr(part, '/'))) {
		*slash = '\0';
		/* One that is gone already may have left an empty one above it. */
		if (unlinkat(dir, part, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY)
			return 0;
		return err_sys(err, "remove folder %s", part);
	}
	return 0;
}

int file_rename(int dir, const char *from, const char *to, struct err *err)
{
	if (renameat(dir, from, dir, to) < 0)
		return err_sys(err, "rename %s to %s", from, to);
	return file_remove(dir, from, err);
}

static int copy_file(int dir, const char *from, const char *to, struct err *err)
{
	AUTO_CLOSE int in = file_open_read(dir, from, err);
	AUTO_CLOSE int out = -1;
	struct stat st;

	if (in < 0)
		return -1;
	if (fstat(in, &st) < 0)
		return err_sys(err, "stat %s", from);
	out = file_create(dir, to, FILE_MODE_PUBLIC, err);
	if (out < 0)
		return -1;
	if (file_copy_bytes(in, out, (uint64_t)st.st_size, from, err) < 0 ||
	    file_sync_close(&out, to, err) < 0) {
		(void)unlinkat(dir, to, 0);
		return -1;
	}
	return 0;
}

int file_link_or_copy(int dir, const char *from, const char *to, struct err *err)
{
	if (linkat(dir, from, dir, to, 0) == 0)
		return 0;
	if (errno == EMLINK || errno == EPERM || errno == EXDEV || errno == ENOTSUP ||
	    errno == ENOSYS || errno == EINVAL)
		return copy_file(dir, from, to, err);
	return err_sys(err, "link %s to %s", from, to);
}

/* The portable way, also used for what copy_file_range leaves over. */
static int copy_by_buffer(int in, int out, uint64_t size, const char *what, struct err *err)
{
	AUTO_FREE char *buffer = malloc(COPY_BUFFER);

	if (!buffer)
		return err_memory(err);
	while (size) {
		size_t want = size < COPY_BUFFER ? (size_t)size : COPY_BUFFER;
		ssize_t n = file_read(in, buffer, want, what, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_INTEGRITY, "%s ended %llu bytes early", what,
			               (unsigned long long)size);
		if (file_write(out, buffer, (size_t)n, what, err) < 0)
			return -1;
		size -= (uint64_t)n;
	}
	return 0;
}

int file_copy_bytes(int in, int out, uint64_t size, const char *what, struct err *err)
{
#ifdef __linux__
	while (size) {
		size_t want = size < (1u << 30) ? (size_t)size : (1u << 30);
		ssize_t n = copy_file_range(in, NULL, out, NULL, want, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size -= (uint64_t)n;
	}
#endif
	return copy_by_buffer(in, out, size, what, err);
}

int file_check_room(int fd, uint64_t needed, uint64_t *room_bytes, struct err *err)
{
	const uint64_t reserve_max = 64u << 20;
	uint64_t reserve, unused;
	struct statvfs vfs;

	if (fstatvfs(fd, &vfs) < 0)
		return err_sys(err, "statvfs");
	unused = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	reserve = (uint64_t)vfs.f_blocks * vfs.f_frsize / 64;
	if (reserve > reserve_max)
		reserve = reserve_max;
	*room_bytes = unused > reserve ? unused - reserve : 0;
	if (vfs.f_blocks == 0)
		*room_bytes = UINT64_MAX;
	if (*room_bytes >= needed)
		return 0;
	(void)err_set(err, ERR_STORAGE,
	              "no space left: %llu more bytes are needed, the disk has room for %llu "
	              "beside what is kept free",
	              (unsigned long long)needed, (unsigned long long)*room_bytes);
	err->sys_errno = ENOSPC;
	return -1;
}

/* Into a pipe, a terminal, /dev/null: nothing may take its place. */
static int put_into(const char *path, const struct str *text, struct err *err)
{
	AUTO_CLOSE int fd = user_file_append(path, "file", err);

	return fd < 0 ? -1 : file_write(fd, str_text(text), text->len, path, err);
}

int file_put(const char *given, const struct str *text, struct err *err)
{
	AUTO_STR struct str tmp = STR_INIT(1 << 16);
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *real = NULL; /* behind links, which stay */
	const char *path = given;
	struct stat st;

	if (stat(given, &st) == 0) {
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			return put_into(given, text, err);
		real = realpath(given, NULL);
		path = real ? real : given;
	}
	(void)str_addf(&tmp, "%s.%ld", path, (long)getpid());
	if (str_check(&tmp, "path of a file", err) < 0)
		return -1;
	fd = file_create(AT_FDCWD, str_text(&tmp), FILE_MODE_PUBLIC, err);
	if (fd < 0)
		return -1;
	if (file_write(fd, str_text(text), text->len, path, err) < 0 ||
	    file_sync_close(&fd, path, err) < 0 ||
	    file_rename(AT_FDCWD, str_text(&tmp), path, err) < 0) {
		(void)unlink(str_text(&tmp));
		return -1;
	}
	return 0;
}

#ifdef __APPLE__
struct timespec file_modified_at(const struct stat *st)
{
	return st->st_mtimespec;
}

struct timespec file_changed_at(const struct stat *st)
{
	return st->st_ctimespec;
}
#else
struct timespec file_modified_at(const struct stat *st)
{
	return st->st_mtim;
}

struct timespec file_changed_at(const struct stat *st)
{
	return st->st_ctim;
}
#endif
