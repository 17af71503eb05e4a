/*
 * part_sums: the MD5s of the parts of a file that is still growing, on the pool.
 *
 * As soon as eight parts are in the file, a thread of the pool reads them side by side (out of the
 * page cache: they have just been written or read) and hashes them in lanes
 * (stage/blob/md5_lanes.h). That is a second copy of the bytes within memory: `scripts/bench stage`
 * shows what it is worth.
 *
 *     part_sums_start(&p, fd, offset, part_bytes, what, pool, group);
 *     while (…) part_sums_grow(&p, bytes, err);          so many bytes are in the file by now
 *     part_sums_end(&p, bytes, err);                     that is all of it
 *     task_group_wait(group); task_group_check(group, err);
 *     part_sums_take(&p, &sums, err);                    sets SUM_PART_MD5
 *     part_sums_release(&p);                             always, after task_group_wait
 *
 * start, grow and end are called by one thread at a time, the owner's or a step of the group.
 */
#ifndef DRYDOCK_STAGE_BLOB_PART_SUMS_H
#define DRYDOCK_STAGE_BLOB_PART_SUMS_H

#include "base/blob_sum.h"
#include "base/err.h"
#include "stage/work/pool.h"
#include "stage/work/task_group.h"

#include <stdint.h>

struct part_group;

struct part_sums {
	int fd;                          /* borrowed until the group has ended */
	uint64_t offset_bytes;           /* where part 1 begins */
	uint64_t part_bytes;             /* a multiple of 64 KiB */
	const char *what;                /* borrowed: names the file in errors */
	size_t stripe_bytes;             /* of each part at a time */
	uint64_t begun_bytes;            /* so far groups have been made */
	struct pool *pool;               /* borrowed */
	struct task_group *group;        /* borrowed */
	struct part_group *first, *last; /* owned: a list in the order of the parts */
};

void part_sums_start(struct part_sums *p, int fd, uint64_t offset_bytes, uint64_t part_bytes,
                     const char *what, struct pool *pool, struct task_group *group);
int part_sums_grow(struct part_sums *p, uint64_t bytes, struct err *err) MUST_CHECK;
int part_sums_end(struct part_sums *p, uint64_t bytes, struct err *err) MUST_CHECK;
/* `sums` is without parts. Of what was not ended there are none. */
int part_sums_take(struct part_sums *p, struct blob_sums *sums, struct err *err) MUST_CHECK;
void part_sums_release(struct part_sums *p);

#endif
