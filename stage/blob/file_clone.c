#include "stage/blob/file_clone.h"

#if defined(__linux__)
#include <linux/fs.h>
#include <sys/ioctl.h>

bool file_clone_range(int from, uint64_t offset, uint64_t size, int to, int dir, const char *name)
{
	struct file_clone_range range = {.src_fd = from, .src_offset = offset, .src_length = size};

	(void)dir, (void)name;
	/* To the system call a length of 0 means: to the end. */
	return size > 0 && ioctl(to, FICLONERANGE, &range) == 0;
}
#elif defined(__APPLE__)
#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/clonefile.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 80 };

/* The clone dir/name, readable by all like the file that it is to replace; -1: there is none. */
static int open_clone(int from, uint64_t size, int dir, const char *name)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (fclonefileat(from, dir, name, CLONE_NOOWNERCOPY) < 0)
		return -1;
	/* The clone has the mode of the source, which may refuse writing. */
	if (fchmodat(dir, name, FILE_MODE_PUBLIC, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= 0 && (uint64_t)st.st_size == size)
		return steal_fd(&fd);
	(void)unlinkat(dir, name, 0);
	return -1;
}

bool file_clone_range(int from, uint64_t offset, uint64_t size, int to, int dir, const char *name)
{
	char beside[NAME_MAX_BYTES];
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (offset > 0 || size == 0 || fstat(from, &st) < 0 || (uint64_t)st.st_size != size)
		return false;
	if (snprintf(beside, sizeof(beside), "%s.clone", name) >= (int)sizeof(beside))
		return false;
	fd = open_clone(from, size, dir, beside);
	if (fd < 0)
		return false;
	if (renameat(dir, beside, dir, name) < 0) {
		(void)unlinkat(dir, beside, 0);
		return false;
	}
	if (dup2(fd, to) == to && fcntl(to, F_SETFD, FD_CLOEXEC) == 0)
		return true;
	/* `to` has lost its name: what is written to it must not be published under the clone's. */
	(void)unlinkat(dir, name, 0);
	return false;
}
#else
bool file_clone_range(int from, uint64_t offset, uint64_t size, int to, int dir, const char *name)
{
	(void)from, (void)offset, (void)size, (void)to, (void)dir, (void)name;
	return false;
}
#endif
