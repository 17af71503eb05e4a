#include "stage/blob/file_sum.h"

#include "base/file.h"
#include "base/stop.h"
#include "stage/blob/parallel_sums.h"

#define CHUNK_BYTES ((size_t)256 << 10)

static int read_all(const struct file_range *range, struct pool *pool, struct task_group *group,
                    struct parallel_sums *parallel, const struct file_sum_watch *watch,
                    struct err *err)
{
	uint64_t done = 0, size = range->size_bytes;

	while (done < size) {
		size_t want = size - done < CHUNK_BYTES ? (size_t)(size - done) : CHUNK_BYTES;
		struct chunk *chunk;
		ssize_t n;

		if (stop_check(err) < 0)
			return -1;
		chunk = chunk_take(pool_chunks(pool), CHUNK_BYTES, err);
		if (!chunk)
			return -1;
		n = file_read_at(range->fd, chunk->data, want, range->offset_bytes + done,
		                 range->what, err);
		if (n == (ssize_t)want) {
			chunk->len = want;
			parallel_sums_post(parallel, chunk);
		}
		chunk_drop(chunk);
		if (n < 0 || task_group_check(group, err) < 0)
			return -1;
		if ((size_t)n < want)
			return err_set(err, ERR_INTEGRITY, "%s ends %llu bytes early", range->what,
			               (unsigned long long)(size - done - (uint64_t)n));
		done += want;
		if (watch->read)
			watch->read(watch->context, want);
		if (parallel_sums_grow(parallel, done, err) < 0)
			return -1;
	}
	parallel_sums_post(parallel, NULL);
	return parallel_sums_end(parallel, size, err);
}

int file_sum_watched(const struct file_range *range, unsigned kinds, struct pool *pool,
                     const struct file_sum_watch *watch, struct blob_sums *sums, struct err *err)
{
	struct parallel_sums_options options = {
		.kinds = kinds,
		.fd = range->fd,
		.offset_bytes = range->offset_bytes,
		.part_bytes = part_size(range->size_bytes, PART_SIZE_MINIMUM, PART_COUNT_MAX),
		.what = range->what,
		.expected_bytes = range->size_bytes,
	};
	struct parallel_sums parallel;
	struct task_group group;
	int rc;

	task_group_init(&group);
	rc = parallel_sums_start(&parallel, &options, pool, &group, err);
	if (rc == 0)
		rc = read_all(range, pool, &group, &parallel, watch, err);
	if (rc < 0)
		task_group_cancel(&group);
	task_group_wait(&group);
	if (rc == 0)
		rc = task_group_check(&group, err);
	if (rc == 0)
		rc = parallel_sums_take(&parallel, sums, err);
	parallel_sums_release(&parallel);
	task_group_release(&group);
	return rc;
}

int file_sum(int fd, uint64_t offset, uint64_t size, unsigned kinds, struct pool *pool,
             const char *what, struct blob_sums *sums, struct err *err)
{
	static const struct file_sum_watch nobody = {NULL, NULL};

	struct file_range range = {fd, offset, size, what};

	return file_sum_watched(&range, kinds, pool, &nobody, sums, err);
}
