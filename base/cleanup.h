/*
 * cleanup: scoped release of local variables, and explicit stealing.
 *
 *     AUTO_FREE char *path = NULL;      freed when the variable goes out of scope
 *     AUTO_CLOSE int fd = -1;           closed when it is >= 0 (for files read; a file that was
 *                                       written is closed explicitly and checked)
 *     *out = STEAL(path);               hands over ownership: path is NULL afterwards
 *     fd = steal_fd(&tmp);
 */
#ifndef DRYDOCK_BASE_CLEANUP_H
#define DRYDOCK_BASE_CLEANUP_H

#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

#define AUTO_FREE  __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_DIR   __attribute__((cleanup(cleanup_dir)))
#define AUTO_STR   __attribute__((cleanup(str_release)))
#define AUTO_WIPE  __attribute__((cleanup(str_wipe))) /* a struct str that holds a secret */

#define STEAL(p)                                                                                   \
	__extension__({                                                                            \
		__typeof__(p) stolen_ = (p);                                                       \
		(p) = NULL;                                                                        \
		stolen_;                                                                           \
	})

static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
