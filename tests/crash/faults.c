/*
 * faults: a machine that fails, as a library to preload before drydock.
 *
 * Counts every call that changes a file or a folder. The call number FAULT_AT (from 1) meets what
 * FAULT_KIND says:
 *
 *     kill     the process ends as by kill -9; of a write only the first half happens
 *     ENOSPC   the disk is full, from here on: nothing grows any more, but files can be removed
 *     EIO      this one call fails, the disk works again afterwards
 *     EMFILE   not a change but an opening, of whatever kind, is what is counted: this one fails
 *
 * FAULT_LOG names a file that gets the name of the call when it has happened, so that the driver
 * knows that FAULT_AT was not beyond the last call. With FAULT_AT 0 nothing fails, and it gets the
 * number of calls. fsync is counted, but not done: that the bytes
 * outlive a power cut cannot be seen here, and thousands of runs wait for it.
 *
 * SQLite's calls go through the same functions. Its shared memory (-shm) is written through mmap
 * and is not counted; the process that comes next makes it anew.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_FAIL, FAULT_HALF };

/* Whether a call needs room that a full disk does not have. */
enum need { NEEDS_NOTHING, NEEDS_ROOM };

static atomic_long calls, openings;
static atomic_bool disk_full, dying;
static long fault_at;
static enum { KIND_NONE, KIND_KILL, KIND_FULL, KIND_BROKEN, KIND_SCARCE } kind;
static const char *log_path;

__attribute__((constructor)) static void read_orders(void)
{
	const char *at = getenv("FAULT_AT"), *name = getenv("FAULT_KIND");

	fault_at = at ? strtol(at, NULL, 10) : 0;
	log_path = getenv("FAULT_LOG");
	if (name)
		kind = strcmp(name, "kill") == 0     ? KIND_KILL
		       : strcmp(name, "ENOSPC") == 0 ? KIND_FULL
		       : strcmp(name, "EIO") == 0    ? KIND_BROKEN
		       : strcmp(name, "EMFILE") == 0 ? KIND_SCARCE
		                                     : KIND_NONE;
}

/* Past the functions below, so that it is not counted. */
static void note(const char *call)
{
	long fd = log_path ? syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT, 0600) : -1;

	if (fd >= 0) {
		(void)syscall(SYS_write, (int)fd, call, strlen(call));
		(void)syscall(SYS_close, (int)fd);
	}
}

__attribute__((destructor)) static void tell_calls(void)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld",
	               atomic_load(kind == KIND_SCARCE ? &openings : &calls));
	if (fault_at == 0)
		note(text);
}

static void end_of_process(void)
{
	_exit(137);
}

/* Counts the call. Of a write only the first half is to happen when the answer is FAULT_HALF. */
static enum fault meet(const char *call, enum need need)
{
	bool now = atomic_fetch_add(&calls, 1) + 1 == fault_at && kind != KIND_SCARCE;
	bool is_write = strstr(call, "write") != NULL;

	if (now)
		note(call);
	if (now && kind == KIND_KILL) {
		if (!is_write)
			end_of_process();
		atomic_store(&dying, true);
		return FAULT_HALF;
	}
	if (now && kind == KIND_BROKEN) {
		errno = EIO;
		return FAULT_FAIL;
	}
	if (now && kind == KIND_FULL) {
		atomic_store(&disk_full, true);
		/* The last free blocks take a part of it. */
		if (is_write)
			return FAULT_HALF;
	}
	if (atomic_load(&disk_full) && need == NEEDS_ROOM) {
		errno = ENOSPC;
		return FAULT_FAIL;
	}
	return FAULT_NONE;
}

/*
 * Whether the process has no descriptor left for this path. SQLite tries again at once what it
 * could not open, to read only: that fails, too. Without random bytes nothing begins.
 */
static bool is_out(const char *path)
{
	static char failed[4096];
	long at;

	if (strcmp(path, "/dev/urandom") == 0)
		return false;
	at = atomic_fetch_add(&openings, 1) + 1;
	if (kind != KIND_SCARCE ||
	    !(at == fault_at || (at == fault_at + 1 && strcmp(path, failed) == 0)))
		return false;
	(void)snprintf(failed, sizeof(failed), "%s", path);
	note(path);
	errno = EMFILE;
	return true;
}

/* Pipes and terminals are not on the disk that fails. */
static bool on_disk(int fd)
{
	struct stat st;

	return fd > 2 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* The next library's function of this name. */
#define NEXT(name)  ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
#define PUBLIC      __attribute__((visibility("default")))
#define FAILS(need) (meet(__func__, need) != FAULT_NONE)

/* ---- opening ---- */

static mode_t mode_of(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
	PUBLIC int name(const char *path, int flags, ...)                                          \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, args);                                                       \
		va_end(args);                                                                      \
		if (is_out(path))                                                                  \
			return -1;                                                                 \
		if (flags & O_CREAT && access(path, F_OK) < 0 && FAILS(NEEDS_ROOM))                \
			return -1;                                                                 \
		return NEXT(name)(path, flags, mode);                                              \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
	PUBLIC int name(int dir, const char *path, int flags, ...)                                 \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, args);                                                       \
		va_end(args);                                                                      \
		if (is_out(path))                                                                  \
			return -1;                                                                 \
		if (flags & O_CREAT && faccessat(dir, path, F_OK, 0) < 0 && FAILS(NEEDS_ROOM))     \
			return -1;                                                                 \
		return NEXT(name)(dir, path, flags, mode);                                         \
	}
OPENAT(openat)
OPENAT(openat64)

/* ---- bytes ---- */

/* How many of `len` bytes are written; 0: the call fails. */
static size_t share(int fd, const char *call, size_t len)
{
	enum fault fault = on_disk(fd) ? meet(call, NEEDS_ROOM) : FAULT_NONE;

	if (fault == FAULT_FAIL)
		return 0;
	return fault == FAULT_HALF && len > 1 ? len / 2 : len;
}

static ssize_t written(ssize_t n)
{
	if (atomic_load(&dying))
		end_of_process();
	return n;
}

PUBLIC ssize_t write(int fd, const void *data, size_t len)
{
	size_t part = share(fd, __func__, len);

	return part || !len ? written(NEXT(write)(fd, data, part)) : -1;
}

PUBLIC ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	size_t part = share(fd, __func__, len);

	return part || !len ? written(NEXT(pwrite)(fd, data, part, at)) : -1;
}

PUBLIC ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	size_t part = share(fd, __func__, len);

	return part || !len ? written(NEXT(pwrite64)(fd, data, part, at)) : -1;
}

PUBLIC ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
                               unsigned flags)
{
	return FAILS(NEEDS_ROOM) ? -1 : NEXT(copy_file_range)(in, in_at, out, out_at, len, flags);
}

PUBLIC int ftruncate(int fd, off_t len)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(ftruncate)(fd, len);
}

PUBLIC int ftruncate64(int fd, off64_t len)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(ftruncate64)(fd, len);
}

PUBLIC int fsync(int fd)
{
	return on_disk(fd) && FAILS(NEEDS_NOTHING) ? -1 : 0;
}

PUBLIC int fdatasync(int fd)
{
	return on_disk(fd) && FAILS(NEEDS_NOTHING) ? -1 : 0;
}

/* ---- names ---- */

PUBLIC int rename(const char *from, const char *to)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(rename)(from, to);
}

PUBLIC int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(renameat)(from_dir, from, to_dir, to);
}

PUBLIC int link(const char *from, const char *to)
{
	return FAILS(NEEDS_ROOM) ? -1 : NEXT(link)(from, to);
}

PUBLIC int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return FAILS(NEEDS_ROOM) ? -1 : NEXT(linkat)(from_dir, from, to_dir, to, flags);
}

PUBLIC int unlink(const char *path)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(unlink)(path);
}

PUBLIC int unlinkat(int dir, const char *path, int flags)
{
	return FAILS(NEEDS_NOTHING) ? -1 : NEXT(unlinkat)(dir, path, flags);
}

PUBLIC int mkdir(const char *path, mode_t mode)
{
	return FAILS(NEEDS_ROOM) ? -1 : NEXT(mkdir)(path, mode);
}

PUBLIC int mkdirat(int dir, const char *path, mode_t mode)
{
	return FAILS(NEEDS_ROOM) ? -1 : NEXT(mkdirat)(dir, path, mode);
}
