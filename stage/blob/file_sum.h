/*
 * file_sum: the sums of (a range of) a file that stays where it is, computed on the pool's threads
 * while it is read: for --link=hard, for `verify`, and for anything that has to be hashed again.
 */
#ifndef DRYDOCK_STAGE_BLOB_FILE_SUM_H
#define DRYDOCK_STAGE_BLOB_FILE_SUM_H

#include "base/blob_sum.h"
#include "base/err.h"
#include "stage/work/pool.h"

#include <stdint.h>

/* Bytes of an open file. */
struct file_range {
	int fd; /* borrowed; its position stays */
	uint64_t offset_bytes, size_bytes;
	const char *what; /* names the file in errors; borrowed */
};

/* Is told while the file is read: so many bytes more. */
struct file_sum_watch {
	void (*read)(void *context, uint64_t bytes); /* NULL: not wanted */
	void *context;                               /* borrowed */
};

/*
 * Reads the range and computes the `kinds` (enum sum_kind bits, at least one) with parts of
 * part_size(size, PART_SIZE_MINIMUM, PART_COUNT_MAX); of SUM_MD5 beside SUM_PART_MD5
 * stage/blob/parallel_sums.h tells. A file that ends early is ERR_INTEGRITY. *sums must be zero or
 * released; it is the caller's to release.
 */
int file_sum_watched(const struct file_range *range, unsigned kinds, struct pool *pool,
                     const struct file_sum_watch *watch, struct blob_sums *sums,
                     struct err *err) MUST_CHECK;
int file_sum(int fd, uint64_t offset, uint64_t size, unsigned kinds, struct pool *pool,
             const char *what, struct blob_sums *sums, struct err *err) MUST_CHECK;

#endif
