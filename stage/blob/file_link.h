/*
 * file_link: a file of the source becomes a file of the root without a copy (--link=hard), where
 * no user but the caller can change its bytes afterwards (P1).
 *
 *     struct stat before;
 *     if (file_link_allowed(fd, &before)) {
 *             … hash all of fd …
 *             got = file_link_finish(fd, &before, tmp_dir, name, err);     0: copy it after all
 *     }
 *
 * `fd` was opened with O_NOFOLLOW and is the same from the look at its owner to the link: what is
 * linked is what was hashed, whatever becomes of its name meanwhile.
 */
#ifndef DRYDOCK_STAGE_BLOB_FILE_LINK_H
#define DRYDOCK_STAGE_BLOB_FILE_LINK_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Whether the file may be linked: a regular file of the caller's own, that no other user may write,
 * and that a web server may read, as every file of the tree.
 */
bool file_link_allowed(int fd, struct stat *before);

/*
 * Makes tmp_dir/name a link to the file, which is fsynced. 1 when that was done, 0 when the file
 * has changed since `before` or the system does not link it (another file system, no /proc), -1.
 */
int file_link_finish(int fd, const struct stat *before, int tmp_dir, const char *name,
                     struct err *err) MUST_CHECK;

#endif
