/*
 * file_clone: shares the extents of a file instead of copying its bytes, where the file system can
 * (Btrfs, XFS; ioctl_ficlonerange(2); on APFS of whole files alone; clonefile(2)).
 */
#ifndef DRYDOCK_STAGE_BLOB_FILE_CLONE_H
#define DRYDOCK_STAGE_BLOB_FILE_CLONE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Makes the empty file `to`, which is dir/name, a clone of exactly `size` bytes of `from` at
 * `offset`. False if that is not possible for whatever reason; `to` is empty then. Where a clone is
 * always a file of its own it takes the other's place, under the same name and descriptor.
 */
bool file_clone_range(int from, uint64_t offset, uint64_t size, int to, int dir, const char *name);

#endif
