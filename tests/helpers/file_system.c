/*
 * file_system: a file system that lacks something, as a library to preload before drydock.
 *
 * FS_LACKS names what: "link" (the calls fail with FS_ERRNO), "lock" and "folder-sync" (likewise),
 * "colon" (no name with ':' can be made, as on exFAT), "stream" (a ':' begins the name of a stream
 * of the file before it), "case" (names differ in more than upper and lower case).
 * FS_LOG names a file that gets a line for each file that is made in a probe.
 *
 * Names are those that drydock gives relative to a folder that it holds open: all of its tree's
 * are.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
#define PUBLIC     __attribute__((visibility("default")))

static bool lacks(const char *what)
{
	const char *lacking = getenv("FS_LACKS");

	return lacking && strcmp(lacking, what) == 0;
}

static int fail(void)
{
	const char *number = getenv("FS_ERRNO");

	errno = number ? (int)strtol(number, NULL, 10) : ENOSYS;
	return -1;
}

static bool is_below(int dir, const char *path)
{
	return dir != AT_FDCWD && path[0] != '/';
}

/* The name that the file system sees. */
static const char *seen(int dir, const char *path, char copy[PATH_MAX])
{
	if (!is_below(dir, path) || !lacks("case"))
		return path;
	(void)snprintf(copy, PATH_MAX, "%s", path);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static bool refused(int dir, const char *path)
{
	return is_below(dir, path) && lacks("colon") && strchr(path, ':');
}

/* The file that the stream is of comes with it. */
static void make_streams_file(int dir, const char *path)
{
	char copy[PATH_MAX];
	int fd;

	if (!is_below(dir, path) || !lacks("stream") || !strchr(path, ':'))
		return;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	*strchr(copy, ':') = '\0';
	fd = NEXT(openat)(dir, copy, O_CREAT | O_WRONLY, 0600);
	if (fd >= 0)
		(void)close(fd);
}

static void note(const char *path)
{
	const char *log = getenv("FS_LOG");
	FILE *out = log && strncmp(path, "probe-", 6) == 0 ? fopen(log, "a") : NULL;

	if (!out)
		return;
	(void)fprintf(out, "%s\n", path);
	(void)fclose(out);
}

#define OPENAT(name)                                                                               \
	PUBLIC int name(int dir, const char *path, int flags, ...)                                 \
	{                                                                                          \
		char copy[PATH_MAX];                                                               \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(args, flags);                                                             \
		mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;                                 \
		va_end(args);                                                                      \
		if (flags & O_CREAT) {                                                             \
			if (refused(dir, path)) {                                                  \
				errno = ENOENT;                                                    \
				return -1;                                                         \
			}                                                                          \
			make_streams_file(dir, path);                                              \
			note(path);                                                                \
		}                                                                                  \
		return NEXT(name)(dir, seen(dir, path, copy), flags, mode);                        \
	}
OPENAT(openat)
OPENAT(openat64)

PUBLIC int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	char copy[PATH_MAX];

	return NEXT(fstatat)(dir, seen(dir, path, copy), st, flags);
}

PUBLIC int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	char copy[PATH_MAX];

	return NEXT(fstatat64)(dir, seen(dir, path, copy), st, flags);
}

PUBLIC int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	char a[PATH_MAX], b[PATH_MAX];

	if (refused(to_dir, to)) {
		errno = ENOENT;
		return -1;
	}
	return NEXT(renameat)(from_dir, seen(from_dir, from, a), to_dir, seen(to_dir, to, b));
}

PUBLIC int unlinkat(int dir, const char *path, int flags)
{
	char copy[PATH_MAX];

	return NEXT(unlinkat)(dir, seen(dir, path, copy), flags);
}

PUBLIC int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char a[PATH_MAX], b[PATH_MAX];

	if (lacks("link"))
		return fail();
	return NEXT(linkat)(from_dir, seen(from_dir, from, a), to_dir, seen(to_dir, to, b), flags);
}

PUBLIC int flock(int fd, int operation)
{
	return lacks("lock") ? fail() : NEXT(flock)(fd, operation);
}

PUBLIC int fsync(int fd)
{
	struct stat st;

	if (lacks("folder-sync") && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return fail();
	return NEXT(fsync)(fd);
}
