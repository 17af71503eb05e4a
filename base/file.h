/*
 * file: whole-file I/O with short reads and writes looped over, opening below a directory
 * descriptor without following links, durable replacement, and modes that the umask cannot change.
 *
 * `dir` is always a directory descriptor (or AT_FDCWD) and `path` is relative to it and made by
 * layout or by ourselves, never by an archive. No function follows a symbolic link in the last
 * component. `what` in error messages is the path.
 */
#ifndef DRYDOCK_BASE_FILE_H
#define DRYDOCK_BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

enum {
	FILE_MODE_PUBLIC = 0644,
	DIR_MODE_PUBLIC = 0755,
	FILE_MODE_PRIVATE = 0600,
	DIR_MODE_PRIVATE = 0700
};

/*
 * Reads until `len` bytes or end of file; returns the bytes read, or -1. A pipe that nothing comes
 * through may be waited for long: a request to stop ends it with ERR_INTERRUPTED.
 */
ssize_t file_read(int fd, void *data, size_t len, const char *what, struct err *err) MUST_CHECK;
/* As file_read at an offset; the descriptor's own position stays. */
ssize_t file_read_at(int fd, void *data, size_t len, uint64_t offset, const char *what,
                     struct err *err) MUST_CHECK;
int file_write(int fd, const void *data, size_t len, const char *what, struct err *err) MUST_CHECK;

/* Opens for reading: O_NOFOLLOW | O_CLOEXEC, must be a regular file. Returns the descriptor. */
int file_open_read(int dir, const char *path, struct err *err) MUST_CHECK;

/* Creates a new file (O_EXCL) with exactly `mode`. Returns the descriptor, open for read-write. */
int file_create(int dir, const char *path, mode_t mode, struct err *err) MUST_CHECK;

/*
 * Puts a public file with exactly that text at `path`: whole, or what is there stays. A link stays,
 * and so does what is no file (a pipe, /dev/null), into which the text is written.
 */
int file_put(const char *path, const struct str *text, struct err *err) MUST_CHECK;

/* Appends the whole file to `out`; more than out->max allows is ERR_REFUSED. */
int file_read_all(int dir, const char *path, struct str *out, struct err *err) MUST_CHECK;

/*
 * fsync that means what it says: on macOS it would leave the bytes in the drive's own cache, and
 * F_FULLFSYNC is asked for instead. 0, or -1 with errno.
 */
int file_sync(int fd) MUST_CHECK;

/* file_sync, then close, both checked. The descriptor is closed in any case and *fd set to -1. */
int file_sync_close(int *fd, const char *what, struct err *err) MUST_CHECK;

/* Makes a directory (or finds it) with exactly `mode`. */
int file_make_dir(int dir, const char *path, mode_t mode, struct err *err) MUST_CHECK;

/*
 * Makes every directory above the last component of `path` that is missing, mode 0755. Existing
 * components must be directories and not links.
 */
int file_make_parents(int dir, const char *path, struct err *err) MUST_CHECK;

/*
 * fsync of the directory that holds `path` (of `dir` itself when path has no slash). Where the file
 * system cannot do that (EINVAL, EBADF, ENOTSUP, ENOSYS) it succeeds.
 */
int file_sync_parent(int dir, const char *path, struct err *err) MUST_CHECK;

/* unlink; a file that is not there is fine. */
int file_remove(int dir, const char *path, struct err *err) MUST_CHECK;

/* Removes the empty directories above `path`, upwards, as far as they are empty. */
int file_prune_parents(int dir, const char *path, struct err *err) MUST_CHECK;

/*
 * Puts a finished file at its final name: rename(from -> to). Both are below `dir`. Because
 * rename() between two links of one inode does nothing and keeps the source, the source is unlinked
 * afterwards if it is still there. Does not fsync.
 */
int file_rename(int dir, const char *from, const char *to, struct err *err) MUST_CHECK;

/*
 * Makes `to` (which must not exist) the same file as `from`: a hard link, or, where links run out
 * or are refused (EMLINK, EPERM, EXDEV, ENOTSUP, ENOSYS, EINVAL), a copy that is fsynced.
 */
int file_link_or_copy(int dir, const char *from, const char *to, struct err *err) MUST_CHECK;

/* Copies `size` bytes between descriptors from their positions (reflink or in-kernel if possible).
 */
int file_copy_bytes(int in, int out, uint64_t size, const char *what, struct err *err) MUST_CHECK;

/*
 * Whether an unprivileged user may write `needed` more bytes to the file system of `fd`, and leave
 * a reserve: a 64th of it, at most 64 MiB, so that what grows without end does not make the disk
 * useless. ERR_STORAGE (and ENOSPC) when not; *room_bytes is what may be written. One that tells no
 * size is never full.
 */
int file_check_room(int fd, uint64_t needed, uint64_t *room_bytes, struct err *err) MUST_CHECK;

/* When the bytes, and when anything of a file last changed, as exactly as the system knows. */
struct timespec file_modified_at(const struct stat *st);
struct timespec file_changed_at(const struct stat *st);

#endif
