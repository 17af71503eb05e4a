#include "stage/blob/file_sum.h"

#include "base/file.h"
#include "base/stop.h"
#include "stage/blob/parallel_sums.h"

#define CHUNK_BYTES ((size_t)256 << 10)

static int read_all(int fd, uint64_t offset, uint64_t size, struct pool *pool, struct job *job,
                    struct sum_strands *strands, const char *what, struct err *err)
{
	uint64_t done = 0;

	while (done < size) {
		size_t want = size - done < CHUNK_BYTES ? (size_t)(size - done) : CHUNK_BYTES;
		struct chunk *chunk;
		ssize_t n;

		if (stop_check(err) < 0)
			return -1;
		chunk = chunk_take(pool_chunks(pool), CHUNK_BYTES, err);
		if (!chunk)
			return -1;
		n = file_read_at(fd, chunk->data, want, offset + done, what, err);
		if (n == (ssize_t)want) {
			chunk->len = want;
			sum_strands_post(strands, chunk);
		}
		chunk_drop(chunk);
		if (n < 0 || job_check(job, err) < 0)
			return -1;
		if ((size_t)n < want)
			return err_set(err, ERR_INTEGRITY, "%s ends %llu bytes early", what,
			               (unsigned long long)(size - done - (uint64_t)n));
		done += want;
		if (sum_strands_grow(strands, done, err) < 0)
			return -1;
	}
	sum_strands_post(strands, NULL);
	return sum_strands_end(strands, size, err);
}

int file_sum(int fd, uint64_t offset, uint64_t size, unsigned kinds, struct pool *pool,
             const char *what, struct blob_sums *sums, struct err *err)
{
	struct sum_strands_options options = {
		.kinds = kinds,
		.fd = fd,
		.offset_bytes = offset,
		.part_bytes = part_size(size, PART_SIZE_MINIMUM, PART_COUNT_MAX),
		.what = what,
		.expected_bytes = size,
	};
	struct sum_strands strands;
	struct job job;
	int rc;

	job_init(&job);
	rc = sum_strands_start(&strands, &options, pool, &job, err);
	if (rc == 0)
		rc = read_all(fd, offset, size, pool, &job, &strands, what, err);
	if (rc < 0)
		job_cancel(&job);
	job_wait(&job);
	if (rc == 0)
		rc = job_check(&job, err);
	if (rc == 0)
		rc = sum_strands_take(&strands, sums, err);
	sum_strands_release(&strands);
	job_release(&job);
	return rc;
}
