/*
 * check_file: the files of the tree that should all hold one digest, and mostly are links to one
 * inode: each inode is hashed once.
 *
 *     struct check_file f = CHECK_FILE_INIT;
 *     check_file_begin(&f, &digest);                      for each digest
 *     check_file_check(&f, fd, &st, key, kinds, pool, err);   for each of its keys
 *     check_file_release(&f);
 */
#ifndef DRYDOCK_STAGE_TREE_CHECK_FILE_H
#define DRYDOCK_STAGE_TREE_CHECK_FILE_H

#include "base/blob_sum.h"
#include "stage/blob/file_sum.h"

#include <sys/stat.h>

enum { CHECKED_INODES_MAX = 16 }; /* of one digest; what is beyond is hashed again */

struct check_file {
	struct digest digest; /* that the files should hold */
	unsigned count;       /* inodes that were hashed and hold the digest */
	struct {
		dev_t dev;
		ino_t ino;
	} inodes[CHECKED_INODES_MAX];
	struct blob_sums sums;       /* owned: of the last that was hashed and right */
	uint64_t hashed_bytes;       /* over all digests */
	struct file_sum_watch watch; /* the caller's; all zero: none */
};

#define CHECK_FILE_INIT                                                                            \
	{                                                                                          \
		.count = 0                                                                         \
	}

void check_file_begin(struct check_file *f, const struct digest *digest);
void check_file_release(struct check_file *f);

/*
 * ERR_INTEGRITY when the file `fd`, whose fstat is `st`, does not hold the digest. `key` names it.
 * `kinds` (enum sum_kind bits) are computed besides what the digest needs.
 */
int check_file_check(struct check_file *f, int fd, const struct stat *st, const char *key,
                     unsigned kinds, struct pool *pool, struct err *err) MUST_CHECK;

#endif
