/*
 * Writers with a name that is kept: what was added stays when the writer is freed before its end,
 * and the next one goes on with it.
 */
#include "stage/blob/writer.h"

#include "base/digest.h"
#include "base/file.h"

#include "tests/unit/check.h"

#include <dirent.h>

#define NAME "partial-x"
enum { DATA_BYTES = (5 << 20) + 12345 }; /* of two parts */

static char data[DATA_BYTES];

struct fixture {
	char path[SCRATCH_MAX];
	int tmp;
	struct pool *pool;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;
	uint32_t x = 1;

	for (size_t i = 0; i < DATA_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (char)(x >> 16);
	}
	scratch_make(f.path);
	f.tmp = open(f.path, O_RDONLY | O_DIRECTORY);
	assert_true(f.tmp >= 0);
	f.pool = pool_new(&(struct pool_options){.cpu_threads = 2}, &err);
	assert_non_null(f.pool);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pool_free(f->pool);
	(void)close(f->tmp);
	scratch_remove(f->path);
	return 0;
}

static struct blob_writer *open_writer(const struct fixture *f, uint64_t *had)
{
	struct blob_writer_options options = {
		.tmp_dir = f->tmp, .keep_name = NAME, .expected_size = DATA_BYTES};
	struct err err = ERR_INIT;
	struct blob_writer *w = blob_writer_new(&options, f->pool, &err);

	CASE(w != NULL, "%s", err.message);
	MUST(blob_writer_add_kept(w, had, &err));
	return w;
}

/* The file's size; -1: there is none. */
static long long size_there(const struct fixture *f)
{
	struct stat st;

	return fstatat(f->tmp, NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (long long)st.st_size : -1;
}

static void write_file(const struct fixture *f, const char *name, const void *bytes, size_t len)
{
	int fd = openat(f->tmp, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(close(fd), 0);
}

static void assert_file_holds(const struct fixture *f, const char *name, const void *bytes,
                              size_t len)
{
	AUTO_STR struct str file = STR_INIT(2 * DATA_BYTES);
	struct err err = ERR_INIT;

	MUST(file_read_all(f->tmp, name, &file, &err));
	assert_int_equal(file.len, len);
	assert_memory_equal(str_text(&file), bytes, len);
}

/* Adds the rest and finishes: all sums are those of the whole. */
static void finish(const struct fixture *f, struct blob_writer *w, uint64_t had)
{
	struct blob_summer s = BLOB_SUMMER_INIT;
	struct blob_result result = {.name = ""};
	struct blob_sums sums = {0};
	struct err err = ERR_INIT;

	MUST(blob_writer_add(w, data + had, DATA_BYTES - had, &err));
	MUST(blob_writer_end(w, &err));
	MUST(blob_writer_wait(w, &result, &err));
	blob_writer_free(w);
	assert_string_equal(result.name, NAME);
	assert_file_holds(f, NAME, data, DATA_BYTES);
	MUST(blob_summer_start(&s, SUM_DEFAULT,
	                       part_size(DATA_BYTES, PART_SIZE_MINIMUM, PART_COUNT_MAX), &err));
	MUST(blob_summer_add(&s, data, DATA_BYTES, &err));
	MUST(blob_summer_finish(&s, &sums, &err));
	assert_int_equal(result.stored.size_bytes, DATA_BYTES);
	assert_memory_equal(result.stored.sha256, sums.sha256, sizeof(sums.sha256));
	assert_int_equal(result.stored.part_count, sums.part_count);
	assert_memory_equal(result.stored.part_md5, sums.part_md5,
	                    (size_t)sums.part_count * MD5_BYTES);
	blob_summer_release(&s);
	blob_sums_release(&sums);
	blob_result_release(&result);
	assert_int_equal(unlinkat(f->tmp, NAME, 0), 0);
}

/* Cut after so many bytes; again after some more; then to the end. */
static void test_goes_on(void **state)
{
	static const size_t cuts[] = {0,
	                              1,
	                              (256 << 10) - 1,
	                              256 << 10,
	                              (256 << 10) + 1,
	                              (1 << 20) + 7,
	                              (5 << 20),
	                              DATA_BYTES - 200000,
	                              DATA_BYTES};
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cuts); i++) {
		size_t more = DATA_BYTES - cuts[i] < 100000 ? DATA_BYTES - cuts[i] : 100000;
		struct err err = ERR_INIT;
		uint64_t had;
		struct blob_writer *w = open_writer(f, &had);

		assert_int_equal(had, 0);
		MUST(blob_writer_add(w, data, cuts[i], &err));
		blob_writer_free(w);
		CASE(size_there(f) == (long long)cuts[i], "%zu", cuts[i]);
		w = open_writer(f, &had);
		CASE(had == cuts[i], "%zu: %llu", cuts[i], (unsigned long long)had);
		MUST(blob_writer_add(w, data + had, more, &err));
		blob_writer_free(w);
		w = open_writer(f, &had);
		CASE(had == cuts[i] + more, "%zu: %llu", cuts[i], (unsigned long long)had);
		finish(f, w, had);
	}
}

/* What was not added by the second time is there still, and nothing twice. */
static void test_nothing_more(void **state)
{
	const struct fixture *f = *state;
	uint64_t had;

	write_file(f, NAME, data, 700001);
	blob_writer_free(open_writer(f, &had));
	assert_int_equal(had, 700001);
	assert_file_holds(f, NAME, data, 700001);
}

static void test_spoilt(void **state)
{
	const struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t had;
	struct blob_writer *w = open_writer(f, &had);

	MUST(blob_writer_add(w, data, 500000, &err));
	blob_writer_spoil(w);
	blob_writer_free(w);
	assert_int_equal(size_there(f), -1);
}

/* Longer than the blob can be: it is of none that was begun here. */
static void test_too_long(void **state)
{
	const struct fixture *f = *state;
	static char longer[DATA_BYTES + 1];
	uint64_t had = 1;
	struct blob_writer *w;

	write_file(f, NAME, longer, sizeof(longer));
	w = open_writer(f, &had);
	assert_int_equal(had, 0);
	assert_int_equal(size_there(f), 0);
	finish(f, w, had);
}

/* What has that name and is another's stays as it is; nothing is written through it. */
static void test_no_file_of_ours(void **state)
{
	const struct fixture *f = *state;
	uint64_t had = 1;

	write_file(f, "other", "other", 5);
	assert_int_equal(symlinkat("other", f->tmp, NAME), 0);
	finish(f, open_writer(f, &had), 0);
	assert_int_equal(had, 0);
	assert_file_holds(f, "other", "other", 5);

	/* A second link is a file of the tree, which must not change. */
	assert_int_equal(linkat(f->tmp, "other", f->tmp, NAME, 0), 0);
	had = 1;
	finish(f, open_writer(f, &had), 0);
	assert_int_equal(had, 0);
	assert_file_holds(f, "other", "other", 5);

	assert_int_equal(mkfifoat(f->tmp, NAME, 0600), 0);
	had = 1;
	finish(f, open_writer(f, &had), 0);
	assert_int_equal(had, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_goes_on),  T(test_nothing_more),    T(test_spoilt),
		T(test_too_long), T(test_no_file_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
