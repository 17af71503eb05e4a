/*
 * lacking: a file system without links, or without fsync of folders, for the test that includes
 * this: link_errno and folder_sync_errno are what it says instead, or 0. Define _DEFAULT_SOURCE
 * first, for syscall.
 */
#ifndef DRYDOCK_TESTS_UNIT_LACKING_H
#define DRYDOCK_TESTS_UNIT_LACKING_H

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int link_errno, folder_sync_errno;

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	errno = link_errno;
	return link_errno ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int fsync(int fd)
{
	struct stat st;

	if (folder_sync_errno && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = folder_sync_errno;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

#endif
