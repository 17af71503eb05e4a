#include "stage/blob/writer.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/blob/file_sum.h"
#include "stage/blob/inflate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

#include <cmocka.h>

/* Around the sizes of chunks (256 KiB), members (1 MiB), frames (4 MiB) and parts (5 MiB). */
static const size_t sizes[] = {
	0,
	1,
	63,
	64,
	65,
	(256 << 10) - 1,
	256 << 10,
	(256 << 10) + 1,
	(1 << 20) - 1,
	1 << 20,
	(1 << 20) + 1,
	(4 << 20) - 1,
	4 << 20,
	(4 << 20) + 1,
	(5 << 20) - 1,
	5 << 20,
	(5 << 20) + 1,
	8 << 20,
	(8 << 20) + 1,
	(10 << 20) + 12345,
};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), DATA_BYTES = 11 << 20 };

static const struct recipe recipes[] = {
	{RECIPE_NONE, 0},
	{RECIPE_GZIP, RECIPE_GZIP_LEVEL},
	{RECIPE_ZSTD, RECIPE_ZSTD_LEVEL},
};
enum { RECIPES = sizeof(recipes) / sizeof(recipes[0]) };

static bool under_valgrind;      /* thirty times slower, and about memory: so less of the same */
static size_t much = DATA_BYTES; /* for tests that need more than one frame of everything */

/* Parts are of stored bytes: their sizes mean nothing to what is added under other recipes. */
static bool is_boundary(struct recipe recipe, size_t size)
{
	if (under_valgrind && size > (2 << 20))
		return false;
	return recipe.kind == RECIPE_NONE || size < 2 ||
	       (size > 512 << 10 && size <= (4 << 20) + 1) || size > 10 << 20;
}

static uint8_t *data; /* DATA_BYTES that compress about as well as programs do */
static char tmp_path[] = "/tmp/drydock-test-XXXXXX";
static int tmp_dir;

static int set_up(void **state)
{
	const char *preloaded = getenv("LD_PRELOAD");
	uint32_t x = 1;

	(void)state;
	under_valgrind = preloaded && strstr(preloaded, "vgpreload");
	if (under_valgrind)
		much = 3 << 19;
	data = malloc(DATA_BYTES);
	for (size_t i = 0; data && i < DATA_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 30 ? data[i / 3] : (uint8_t)(x >> 16);
	}
	tmp_dir = mkdtemp(tmp_path) ? open(tmp_path, O_RDONLY | O_DIRECTORY) : -1;
	(void)signal(SIGXFSZ, SIG_IGN);
	return data && tmp_dir >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(data);
	(void)close(tmp_dir);
	return rmdir(tmp_path); /* fails when a test left a file behind */
}

/* Entries of a directory below tmp_path. */
static unsigned files_in(const char *name)
{
	int fd = openat(tmp_dir, name, O_RDONLY | O_DIRECTORY);
	DIR *dir = fdopendir(fd);
	unsigned count = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

static unsigned files_in_tmp(void)
{
	return files_in(".");
}

static struct pool *new_pool(unsigned threads)
{
	struct err err = ERR_INIT;
	struct pool *pool = pool_new(&(struct pool_options){.cpu_threads = threads}, &err);

	assert_non_null(pool);
	return pool;
}

static struct blob_writer *new_writer(struct pool *pool, struct recipe recipe)
{
	struct blob_writer_options options = {.tmp_dir = tmp_dir, .recipe = recipe};
	struct err err = ERR_INIT;
	struct blob_writer *w = blob_writer_new(&options, pool, &err);

	if (!w)
		print_message("%s\n", err.message);
	assert_non_null(w);
	return w;
}

static int finish(struct blob_writer *w, struct blob_result *result, struct err *err)
{
	return blob_writer_end(w, err) < 0 ? -1 : blob_writer_wait(w, result, err);
}

/* Hands over `len` bytes in pieces of `piece`. */
static void write_blob(struct pool *pool, struct recipe recipe, size_t len, size_t piece,
                       struct blob_result *result)
{
	struct blob_writer *w = new_writer(pool, recipe);
	struct err err = ERR_INIT;

	for (size_t at = 0; at < len; at += piece)
		assert_int_equal(
			blob_writer_add(w, data + at, len - at < piece ? len - at : piece, &err),
			0);
	assert_int_equal(finish(w, result, &err), 0);
	blob_writer_free(w);
}

static void sum_once(const void *bytes, size_t len, struct blob_sums *sums)
{
	struct blob_summer s = BLOB_SUMMER_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(blob_summer_start(&s, SUM_DEFAULT | SUM_SHA512,
	                                   part_size(len, PART_SIZE_MINIMUM, PART_COUNT_MAX), &err),
	                 0);
	assert_int_equal(blob_summer_add(&s, bytes, len, &err), 0);
	assert_int_equal(blob_summer_finish(&s, sums, &err), 0);
	blob_summer_release(&s);
}

/*
 * `a` has the kinds, as `b` has them; beside those of its parts a blob above the threshold has no
 * MD5.
 */
static void assert_sums_equal(const struct blob_sums *a, const struct blob_sums *b, unsigned kinds)
{
	if ((kinds & SUM_PART_MD5) && a->size_bytes > MULTIPART_THRESHOLD) {
		kinds &= ~(unsigned)SUM_MD5;
		assert_int_equal(a->what & SUM_MD5, 0);
		assert_false(md5_known(a->md5));
	}
	assert_int_equal(a->size_bytes, b->size_bytes);
	assert_int_equal(a->what & kinds, kinds);
	if (kinds & SUM_SHA256)
		assert_memory_equal(a->sha256, b->sha256, sizeof(a->sha256));
	if (kinds & SUM_SHA512)
		assert_memory_equal(a->sha512, b->sha512, sizeof(a->sha512));
	if (kinds & SUM_MD5)
		assert_memory_equal(a->md5, b->md5, sizeof(a->md5));
	if (kinds & SUM_PART_MD5) {
		assert_int_equal(a->part_bytes, b->part_bytes);
		assert_int_equal(a->part_count, b->part_count);
		assert_memory_equal(a->part_md5, b->part_md5, (size_t)a->part_count * MD5_BYTES);
	}
}

static void read_file(const char *name, struct str *content)
{
	struct err err = ERR_INIT;

	assert_int_equal(file_read_all(tmp_dir, name, content, &err), 0);
}

static int append(void *arg, const void *bytes, size_t len, struct err *err)
{
	if (str_add(arg, bytes, len) < 0)
		return err_memory(err);
	return 0;
}

/* The file holds what the sums say, and inflates to data[0..len). */
static void assert_blob_holds(const struct blob_result *result, struct recipe recipe, size_t len)
{
	AUTO_STR struct str file = STR_INIT(DATA_BYTES * 2);
	AUTO_STR struct str plain = STR_INIT(DATA_BYTES * 2);
	struct blob_sums sums = {0};
	struct err err = ERR_INIT;
	struct stat st;

	assert_int_equal(fstatat(tmp_dir, result->name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	read_file(result->name, &file);
	sum_once(str_text(&file), file.len, &sums);
	assert_sums_equal(&result->stored, &sums, SUM_DEFAULT);
	blob_sums_release(&sums);
	if (recipe.kind == RECIPE_NONE) {
		assert_int_equal(result->plain.what, 0);
		assert_int_equal(file.len, len);
		assert_memory_equal(str_text(&file), data, len);
		return;
	}
	AUTO_CLOSE int fd = openat(tmp_dir, result->name, O_RDONLY);
	assert_int_equal(inflate_file(fd, 0, file.len, result->name, &(struct inflate_limits){0},
	                              append, &plain, &err),
	                 0);
	assert_int_equal(plain.len, len);
	assert_memory_equal(str_text(&plain), data, len);
	sum_once(data, len, &sums);
	assert_sums_equal(&result->plain, &sums, SUM_SHA256);
	blob_sums_release(&sums);
}

static void drop_blob(struct blob_result *result)
{
	assert_int_equal(unlinkat(tmp_dir, result->name, 0), 0);
	blob_result_release(result);
}

static void test_sums_and_bytes(void **state)
{
	struct pool *pool = new_pool(2);

	(void)state;
	for (size_t r = 0; r < RECIPES; r++) {
		for (size_t i = 0; i < SIZES; i++) {
			struct blob_result result = {0};

			if (!is_boundary(recipes[r], sizes[i]))
				continue;
			write_blob(pool, recipes[r], sizes[i], 100003, &result);
			assert_blob_holds(&result, recipes[r], sizes[i]);
			drop_blob(&result);
		}
	}
	pool_free(pool);
}

static void test_threads_and_pieces_do_not_matter(void **state)
{
	static const unsigned threads[] = {1, 2, 8};
	static const size_t pieces[] = {DATA_BYTES, 777777, 4096};

	(void)state;
	if (under_valgrind)
		return;
	for (size_t r = 0; r < RECIPES; r++) {
		struct blob_result first = {0};

		for (size_t i = 0; i < 3; i++) {
			struct blob_result result = {0};
			struct pool *pool = new_pool(threads[i]);

			write_blob(pool, recipes[r], DATA_BYTES, pieces[i], &result);
			pool_free(pool);
			if (i == 0) {
				first = result;
				continue;
			}
			assert_sums_equal(&result.stored, &first.stored, SUM_DEFAULT);
			drop_blob(&result);
		}
		drop_blob(&first);
	}
}

static void test_gzip_is_1_mib_members(void **state)
{
	/* RFC 1952: no flags, mtime 0, OS 255 (unknown). XFL is the encoder's: 0 or 4. */
	static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0};
	AUTO_STR struct str file = STR_INIT(DATA_BYTES);
	AUTO_STR struct str again = STR_INIT(DATA_BYTES);
	struct pool *pool = new_pool(2);
	struct blob_result both = {0}, one = {0};

	(void)state;
	write_blob(pool, RECIPE_DEFAULT, 3 << 19, 1 << 20, &both);
	write_blob(pool, RECIPE_DEFAULT, 1 << 20, 1 << 20, &one);
	read_file(both.name, &file);
	read_file(one.name, &again);
	assert_memory_equal(str_text(&file), head, sizeof(head));
	assert_int_equal((uint8_t)str_text(&file)[9], 255);
	/* The first member is that of the first MiB alone; the second starts right behind it. */
	assert_true(file.len > again.len + sizeof(head));
	assert_memory_equal(str_text(&file), str_text(&again), again.len);
	assert_memory_equal(str_text(&file) + again.len, head, sizeof(head));
	drop_blob(&both);
	drop_blob(&one);
	pool_free(pool);
}

static void test_sha512_when_asked(void **state)
{
	struct blob_writer_options options = {.tmp_dir = tmp_dir,
	                                      .recipe = RECIPE_DEFAULT,
	                                      .stored_what = SUM_DEFAULT | SUM_SHA512,
	                                      .plain_what = SUM_SHA256 | SUM_SHA512};
	AUTO_STR struct str file = STR_INIT(DATA_BYTES);
	struct pool *pool = new_pool(2);
	struct err err = ERR_INIT;
	struct blob_writer *w = blob_writer_new(&options, pool, &err);
	struct blob_result result = {0};
	struct blob_sums sums = {0};

	(void)state;
	assert_non_null(w);
	assert_int_equal(blob_writer_add(w, data, 2000000, &err), 0);
	assert_int_equal(finish(w, &result, &err), 0);
	blob_writer_free(w);
	sum_once(data, 2000000, &sums);
	assert_sums_equal(&result.plain, &sums, SUM_SHA256 | SUM_SHA512);
	blob_sums_release(&sums);
	read_file(result.name, &file);
	sum_once(str_text(&file), file.len, &sums);
	assert_sums_equal(&result.stored, &sums, SUM_DEFAULT | SUM_SHA512);
	blob_sums_release(&sums);
	drop_blob(&result);
	pool_free(pool);
}

/* A size that turns out otherwise than announced changes the size of the parts. */
static void test_wrong_expected_size(void **state)
{
	struct blob_writer_options options = {.tmp_dir = tmp_dir, .expected_size = 100000 * MIB};
	struct pool *pool = new_pool(2);
	struct err err = ERR_INIT;
	struct blob_writer *w = blob_writer_new(&options, pool, &err);
	struct blob_result result = {0};

	(void)state;
	assert_non_null(w);
	assert_int_equal(blob_writer_add(w, data, DATA_BYTES, &err), 0);
	assert_int_equal(finish(w, &result, &err), 0);
	blob_writer_free(w);
	assert_int_equal(result.stored.part_count, 3);
	assert_blob_holds(&result, recipes[0], DATA_BYTES);
	drop_blob(&result);
	/* What was thought to be large has its MD5 after all. */
	w = blob_writer_new(&options, pool, &err);
	assert_non_null(w);
	assert_int_equal(blob_writer_add(w, data, 6 << 20, &err), 0);
	assert_int_equal(finish(w, &result, &err), 0);
	blob_writer_free(w);
	assert_int_equal(result.stored.part_count, 2);
	assert_blob_holds(&result, recipes[0], 6 << 20);
	drop_blob(&result);
	pool_free(pool);
}

/* What was ended holds nothing that the next one needs, however many there are. */
static void test_many_ended_before_the_first_wait(void **state)
{
	enum { MANY = 12 };
	struct pool *pool = new_pool(4);
	struct blob_writer *writers[MANY];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		writers[i] = new_writer(pool, recipes[i % RECIPES]);
		assert_int_equal(blob_writer_add(writers[i], data, much - i, &err), 0);
		assert_int_equal(blob_writer_end(writers[i], &err), 0);
	}
	for (size_t i = 0; i < MANY; i++) {
		struct blob_result result = {0};

		assert_int_equal(blob_writer_wait(writers[i], &result, &err), 0);
		blob_writer_free(writers[i]);
		assert_blob_holds(&result, recipes[i % RECIPES], much - i);
		drop_blob(&result);
	}
	pool_free(pool);
}

static void test_two_fed_in_turns(void **state)
{
	struct pool *pool;
	struct err err = ERR_INIT;

	(void)state;
	if (under_valgrind)
		return;
	pool = new_pool(2);
	for (size_t r = 1; r < RECIPES; r++) {
		struct blob_writer *w[BLOB_WRITERS_MAX];

		for (size_t i = 0; i < BLOB_WRITERS_MAX; i++)
			w[i] = new_writer(pool, recipes[r]);
		for (size_t at = 0; at < DATA_BYTES; at += 1 << 19)
			for (size_t i = 0; i < BLOB_WRITERS_MAX; i++)
				assert_int_equal(blob_writer_add(w[i], data + at, 1 << 19, &err),
				                 0);
		for (size_t i = 0; i < BLOB_WRITERS_MAX; i++) {
			struct blob_result result = {0};

			assert_int_equal(finish(w[i], &result, &err), 0);
			blob_writer_free(w[i]);
			assert_blob_holds(&result, recipes[r], DATA_BYTES);
			drop_blob(&result);
		}
	}
	pool_free(pool);
}

static void test_free_leaves_nothing(void **state)
{
	struct pool *pool = new_pool(2);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t r = 0; r < RECIPES; r++) {
		for (int ended = 0; ended < 2; ended++) {
			struct blob_writer *w = new_writer(pool, recipes[r]);

			assert_int_equal(files_in_tmp(), 1);
			assert_int_equal(blob_writer_add(w, data, much - 1, &err), 0);
			if (ended)
				assert_int_equal(blob_writer_end(w, &err), 0);
			blob_writer_free(w);
			assert_int_equal(files_in_tmp(), 0);
		}
	}
	pool_free(pool);
}

static void test_limit(void **state)
{
	struct blob_writer_options options = {.tmp_dir = tmp_dir, .limit_bytes = 1000};
	struct pool *pool = new_pool(1);
	struct err err = ERR_INIT;
	struct blob_writer *w = blob_writer_new(&options, pool, &err);

	(void)state;
	assert_non_null(w);
	assert_int_equal(blob_writer_add(w, data, 999, &err), 0);
	assert_int_equal(blob_writer_add(w, data, 1, &err), 0);
	assert_int_equal(blob_writer_add(w, data, 1, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	blob_writer_free(w);
	assert_int_equal(files_in_tmp(), 0);
	pool_free(pool);
}

/* The error of the writing thread comes out of a later call, and the pool stays usable. */
static void test_write_error(void **state)
{
	struct pool *pool = new_pool(4);
	struct rlimit before, small;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (size_t r = 0; r < RECIPES; r++) {
		struct err err = ERR_INIT;
		struct blob_result result = {0};
		struct blob_writer *w = new_writer(pool, recipes[r]);
		int rc = 0;

		small = before;
		small.rlim_cur = 700000;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		for (int i = 0; rc == 0 && i < 3; i++)
			rc = blob_writer_add(w, data, much, &err);
		if (rc == 0)
			rc = finish(w, &result, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(err.sys_errno, EFBIG);
		assert_non_null(strstr(err.message, "write blob-"));
		blob_writer_free(w);
		assert_int_equal(files_in_tmp(), 0);

		write_blob(pool, recipes[r], much, 1 << 20, &result);
		assert_blob_holds(&result, recipes[r], much);
		drop_blob(&result);
	}
	pool_free(pool);
}

#ifdef __linux__
static void test_full_disk(void **state)
{
	struct pool *pool = new_pool(2);
	struct blob_writer_options options = {0};

	(void)state;
	assert_int_equal(mkdirat(tmp_dir, "full", 0755), 0);
	assert_int_equal(fchdir(tmp_dir), 0);
	if (mount("full", "full", "tmpfs", 0, "size=256k") < 0) {
		assert_int_equal(unlinkat(tmp_dir, "full", AT_REMOVEDIR), 0);
		pool_free(pool);
		return; /* not root. cmocka's skip() would count as failed under prove */
	}
	options.tmp_dir = openat(tmp_dir, "full", O_RDONLY | O_DIRECTORY);
	for (size_t r = 0; r < RECIPES; r++) {
		struct err err = ERR_INIT;
		struct blob_result result = {0};
		struct blob_writer *w;
		int rc;

		options.recipe = recipes[r];
		w = blob_writer_new(&options, pool, &err);
		assert_non_null(w);
		rc = blob_writer_add(w, data, 3 << 20, &err);
		if (rc == 0)
			rc = finish(w, &result, &err);
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, ERR_STORAGE);
		assert_int_equal(err.sys_errno, ENOSPC);
		blob_writer_free(w);
	}
	assert_int_equal(files_in("full"), 0);
	(void)close(options.tmp_dir);
	assert_int_equal(umount("full"), 0);
	assert_int_equal(unlinkat(tmp_dir, "full", AT_REMOVEDIR), 0);
	pool_free(pool);
}
#endif

static void test_no_directory(void **state)
{
	struct blob_writer_options options = {.tmp_dir = -1};
	struct pool *pool = new_pool(1);
	struct err err = ERR_INIT;

	(void)state;
	assert_null(blob_writer_new(&options, pool, &err));
	assert_int_equal(err.sys_errno, EBADF);
	pool_free(pool);
}

static int make_source(size_t len)
{
	struct err err = ERR_INIT;
	int fd = file_create(tmp_dir, "source", 0600, &err);

	assert_true(fd >= 0);
	assert_int_equal(unlinkat(tmp_dir, "source", 0), 0);
	assert_int_equal(file_write(fd, data, len, "source", &err), 0);
	return fd;
}

static void test_add_file(void **state)
{
	struct pool *pool = new_pool(2);
	AUTO_CLOSE int fd = make_source(DATA_BYTES);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t r = 0; r < RECIPES; r++) {
		for (size_t i = 0; i < SIZES; i++) {
			struct blob_result result = {0};
			struct blob_writer *w;

			if (!is_boundary(recipes[r], sizes[i]))
				continue;
			w = new_writer(pool, recipes[r]);
			assert_int_equal(blob_writer_add_file(w, fd, 0, sizes[i], "source", &err),
			                 0);
			assert_int_equal(finish(w, &result, &err), 0);
			blob_writer_free(w);
			assert_blob_holds(&result, recipes[r], sizes[i]);
			drop_blob(&result);
		}
	}
	pool_free(pool);
}

static void test_add_file_range_after_bytes(void **state)
{
	struct pool *pool = new_pool(2);
	AUTO_CLOSE int fd = make_source(DATA_BYTES);
	struct blob_writer *w = new_writer(pool, recipes[1]);
	struct blob_result result = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(blob_writer_add(w, data, 4097, &err), 0);
	assert_int_equal(blob_writer_add_file(w, fd, 4097, 7 << 20, "source", &err), 0);
	assert_int_equal(finish(w, &result, &err), 0);
	blob_writer_free(w);
	assert_blob_holds(&result, recipes[1], (7 << 20) + 4097);
	drop_blob(&result);
	pool_free(pool);
}

static void test_source_too_short(void **state)
{
	struct pool *pool = new_pool(2);
	AUTO_CLOSE int fd = make_source(1 << 20);
	struct err err = ERR_INIT;
	struct blob_sums sums = {0};

	(void)state;
	for (size_t r = 0; r < RECIPES; r++) {
		struct blob_writer *w = new_writer(pool, recipes[r]);

		assert_int_equal(blob_writer_add_file(w, fd, 5, 1 << 20, "source", &err), -1);
		assert_int_equal(err.code, ERR_INTEGRITY);
		assert_string_equal(err.message, "source ends 5 bytes early");
		blob_writer_free(w);
	}
	assert_int_equal(file_sum(fd, 5, 1 << 20, SUM_DEFAULT, pool, "source", &sums, &err), -1);
	assert_string_equal(err.message, "source ends 5 bytes early");
	assert_int_equal(files_in_tmp(), 0);
	pool_free(pool);
}

static void test_file_sum(void **state)
{
	static const unsigned kinds[] = {SUM_DEFAULT, SUM_SHA256,   SUM_SHA512,
	                                 SUM_MD5,     SUM_PART_MD5, SUM_DEFAULT | SUM_SHA512};
	struct pool *pool = new_pool(2);
	AUTO_CLOSE int fd = make_source(DATA_BYTES);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct blob_sums expected = {0};
		size_t offset = DATA_BYTES - sizes[i];

		if (sizes[i] > much)
			continue;
		sum_once(data + offset, sizes[i], &expected);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			struct blob_sums sums = {0};
			unsigned left_out = sizes[i] > MULTIPART_THRESHOLD ? SUM_MD5 : 0;

			assert_int_equal(file_sum(fd, offset, sizes[i], kinds[k], pool, "source",
			                          &sums, &err),
			                 0);
			assert_int_equal(sums.what,
			                 kinds[k] & SUM_PART_MD5 ? kinds[k] & ~left_out : kinds[k]);
			assert_sums_equal(&sums, &expected, kinds[k]);
			blob_sums_release(&sums);
		}
		blob_sums_release(&expected);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_and_bytes),
		cmocka_unit_test(test_threads_and_pieces_do_not_matter),
		cmocka_unit_test(test_gzip_is_1_mib_members),
		cmocka_unit_test(test_sha512_when_asked),
		cmocka_unit_test(test_wrong_expected_size),
		cmocka_unit_test(test_many_ended_before_the_first_wait),
		cmocka_unit_test(test_two_fed_in_turns),
		cmocka_unit_test(test_free_leaves_nothing),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_write_error),
#ifdef __linux__
		cmocka_unit_test(test_full_disk),
#endif
		cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_add_file),
		cmocka_unit_test(test_add_file_range_after_bytes),
		cmocka_unit_test(test_source_too_short),
		cmocka_unit_test(test_file_sum),
	};

	return cmocka_run_group_tests_name("blob_writer", tests, set_up, tear_down);
}
