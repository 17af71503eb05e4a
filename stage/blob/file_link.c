#include "stage/blob/file_link.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool file_link_allowed(int fd, struct stat *before)
{
	const mode_t readable = S_IRUSR | S_IRGRP | S_IROTH, foreign = S_IWGRP | S_IWOTH;

	return fstat(fd, before) == 0 && S_ISREG(before->st_mode) && before->st_uid == geteuid() &&
	       (before->st_mode & readable) == readable && (before->st_mode & foreign) == 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_bytes(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && same_time(file_modified_at(a), file_modified_at(b));
}

int file_link_finish(int fd, const struct stat *before, int tmp_dir, const char *name,
                     struct err *err)
{
	char path[40];
	struct stat now;

	if (file_sync(fd) < 0)
		return err_sys(err, "fsync");
	if (fstat(fd, &now) < 0)
		return err_sys(err, "stat");
	if (!same_bytes(before, &now) || !same_time(file_changed_at(before), file_changed_at(&now)))
		return 0;
	/* Only so can a descriptor be linked without privileges (open(2), O_TMPFILE), and only
	 * under Linux: elsewhere the file is copied. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, tmp_dir, name, AT_SYMLINK_FOLLOW) < 0)
		return errno == ENOSPC || errno == EDQUOT || errno == EIO ? err_sys(err, "link")
		                                                          : 0;
	/* The link itself moves the ctime: from here on the mtime has to tell. */
	if (fstat(fd, &now) == 0 && same_bytes(before, &now))
		return 1;
	(void)unlinkat(tmp_dir, name, 0);
	return 0;
}
