#include "stage/blob/part_sums.h"

#include "base/file.h"
#include "stage/blob/md5_lanes.h"

#include "tests/unit/check.h"

/* Small parts, so that all shapes of groups fit into a few megabytes. */
#define PART ((size_t)64 << 10)
enum { OFFSET = 1000, PARTS_MAX = 2 * MD5_LANES + 4, LONG = 5 };
#define DATA_BYTES ((MD5_LANES + 2) * LONG * PART)

static char scratch[SCRATCH_MAX];
static uint8_t *data; /* DATA_BYTES */
static int fd;

static int set_up(void **state)
{
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 8];
	uint32_t x = 7;

	(void)state;
	data = malloc(DATA_BYTES);
	for (size_t i = 0; data && i < DATA_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
	(void)snprintf(path, sizeof(path), "%s/file", scratch_make(scratch));
	fd = file_create(AT_FDCWD, path, 0600, &err);
	if (!data || fd < 0 || file_write(fd, data, OFFSET, path, &err) < 0 ||
	    file_write(fd, data, DATA_BYTES, path, &err) < 0)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(data);
	(void)close(fd);
	scratch_remove(scratch);
	return 0;
}

/* The file grows by `piece` bytes at a time. 0, or -1 with *err. */
static int sum(struct pool *pool, uint64_t bytes, uint64_t piece, uint64_t part_bytes,
               struct blob_sums *sums, struct err *err)
{
	struct part_sums p;
	struct task_group group;
	int result = 0;

	task_group_init(&group);
	part_sums_start(&p, fd, OFFSET, part_bytes, "file", pool, &group);
	for (uint64_t at = piece; at < bytes && result == 0; at += piece)
		result = part_sums_grow(&p, at, err);
	if (result == 0)
		result = part_sums_end(&p, bytes, err);
	task_group_wait(&group);
	if (result == 0)
		result = task_group_check(&group, err);
	if (result == 0)
		result = part_sums_take(&p, sums, err);
	part_sums_release(&p);
	task_group_release(&group);
	return result;
}

static void test_every_shape_of_groups(void **state)
{
	static const uint64_t pieces[] = {PART / 2, 3 * PART, PARTS_MAX * PART};
	static const uint64_t odd[] = {0, 1, PART / 2 + 1, PART - 1};
	struct err err = ERR_INIT;
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = 3}, &err);

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < (PARTS_MAX - 1) * COUNT(odd) * COUNT(pieces); i++) {
		uint64_t bytes = i / COUNT(odd) % (PARTS_MAX - 1) * PART + odd[i % COUNT(odd)];
		uint64_t piece = pieces[i / COUNT(odd) / (PARTS_MAX - 1)];
		struct blob_sums sums = {0};
		uint8_t expected[MD5_BYTES];

		MUST(sum(pool, bytes, piece, PART, &sums, &err));
		assert_int_equal(sums.what, SUM_PART_MD5);
		assert_int_equal(sums.part_bytes, PART);
		assert_int_equal(sums.part_count, part_count(bytes, PART));
		for (uint32_t n = 0; n < sums.part_count; n++) {
			MUST(hash_once(HASH_MD5, data + n * PART,
			               (size_t)part_length(bytes, PART, n + 1), expected, &err));
			CASE(memcmp(sums.part_md5[n], expected, MD5_BYTES) == 0,
			     "part %u of %llu bytes, growing by %llu", n + 1,
			     (unsigned long long)bytes, (unsigned long long)piece);
		}
		blob_sums_release(&sums);
	}
	pool_free(pool);
}

/* Lanes and single parts that take several turns of their threads. */
static void test_long_parts(void **state)
{
	const uint64_t part = LONG * PART, bytes = DATA_BYTES - 100;
	struct err err = ERR_INIT;
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = 2}, &err);
	struct blob_sums sums = {0};
	uint8_t expected[MD5_BYTES];

	(void)state;
	assert_non_null(pool);
	MUST(sum(pool, bytes, part, part, &sums, &err));
	assert_int_equal(sums.part_count, part_count(bytes, part));
	for (uint32_t n = 0; n < sums.part_count; n++) {
		MUST(hash_once(HASH_MD5, data + n * part, (size_t)part_length(bytes, part, n + 1),
		               expected, &err));
		assert_memory_equal(sums.part_md5[n], expected, MD5_BYTES);
	}
	blob_sums_release(&sums);
	pool_free(pool);
}

static void test_file_too_short(void **state)
{
	struct err err = ERR_INIT;
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = 2}, &err);
	struct blob_sums sums = {0};

	(void)state;
	assert_non_null(pool);
	MUST_FAIL(sum(pool, DATA_BYTES + PART, PART, PART, &sums, &err), ERR_INTEGRITY);
	MUST_FAIL(sum(pool, DATA_BYTES + 1, PART, PART, &sums, &err), ERR_INTEGRITY);
	assert_null(sums.part_md5);
	pool_free(pool);
}

/* Parts of 5 MiB of 'A', 'B' and 'C', whose multipart ETag is well known. */
static void test_multipart_etag(void **state)
{
	const size_t part = 5 << 20;
	struct err err = ERR_INIT;
	struct pool *pool = pool_new(&(struct pool_options){0}, &err);
	uint8_t *letters = malloc(part), md5[MD5_BYTES];
	struct blob_sums sums = {0};
	char hex[2 * MD5_BYTES + 1];

	(void)state;
	assert_non_null(pool);
	assert_non_null(letters);
	for (int i = 0; i < 3; i++) {
		memset(letters, 'A' + i, part);
		assert_int_equal(pwrite(fd, letters, part, (off_t)(OFFSET + (size_t)i * part)),
		                 part);
	}
	free(letters);
	MUST(sum(pool, 3 * part, part, part, &sums, &err));
	assert_int_equal(sums.part_count, 3);
	MUST(hash_once(HASH_MD5, sums.part_md5, 3 * (size_t)MD5_BYTES, md5, &err));
	assert_string_equal(hex_text(md5, MD5_BYTES, hex), "b2add96cc9702bbf4efb0ccdfc6b7747");
	blob_sums_release(&sums);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_shape_of_groups),
		cmocka_unit_test(test_long_parts),
		cmocka_unit_test(test_file_too_short),
		cmocka_unit_test(test_multipart_etag),
	};

	return cmocka_run_group_tests_name("part_sums", tests, set_up, tear_down);
}
