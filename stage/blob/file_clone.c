#include "stage/blob/file_clone.h"

#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>

bool file_clone_range(int from, uint64_t offset, uint64_t size, int to)
{
	struct file_clone_range range = {.src_fd = from, .src_offset = offset, .src_length = size};

	/* To the system call a length of 0 means: to the end. */
	return size > 0 && ioctl(to, FICLONERANGE, &range) == 0;
}
#else
bool file_clone_range(int from, uint64_t offset, uint64_t size, int to)
{
	(void)from, (void)offset, (void)size, (void)to;
	return false;
}
#endif
