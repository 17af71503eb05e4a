/* Blobs that were fetched in part: their names, how long they are kept, and what counts them. */
#include "db/root/partials.h"

#include "base/units.h"

#include "tests/unit/check.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
enum { DAY_SECONDS = 24 * 3600 };

struct fixture {
	char path[SCRATCH_MAX];
	int private_dir, tmp; /* the folder, and tmp/ in it */
};

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.path);
	f.private_dir = open(f.path, O_RDONLY | O_DIRECTORY);
	assert_true(f.private_dir >= 0);
	assert_int_equal(mkdirat(f.private_dir, "tmp", 0700), 0);
	f.tmp = openat(f.private_dir, "tmp", O_RDONLY | O_DIRECTORY);
	assert_true(f.tmp >= 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)close(f->tmp);
	(void)close(f->private_dir);
	scratch_remove(f->path);
	return 0;
}

/* A file in tmp/ that was last written to so long ago. */
static void make_file(const struct fixture *f, const char *name, size_t bytes, int64_t age_seconds)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
	                            {.tv_sec = (time_t)(now_ms() / 1000 - age_seconds)}};
	int fd = openat(f->tmp, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(utimensat(f->tmp, name, times, 0), 0);
}

static bool is_there(const struct fixture *f, const char *name)
{
	return faccessat(f->tmp, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_names(void **state)
{
	static const char *const digests[] = {"sha256:" HEX64, "sha512:" HEX64 HEX64};
	char name[PARTIAL_NAME_MAX], wanted[PARTIAL_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		struct digest digest;

		assert_true(digest_parse_quiet(&digest, digests[i], strlen(digests[i])));
		assert_ptr_equal(partial_name(&digest, name), name);
		(void)snprintf(wanted, sizeof(wanted), "partial-%.6s-%s", digests[i],
		               digests[i] + 7);
		assert_string_equal(name, wanted);
		assert_true(partial_name_is(name));
	}
	assert_false(partial_name_is("blob-0123"));
	assert_false(partial_name_is("a-partial-sha256-"));
	assert_false(partial_name_is("partial"));
}

static void test_kept(void **state)
{
	const struct fixture *f = *state;

	make_file(f, "partial-new", 1, 0);
	make_file(f, "partial-old", 1, 7 * DAY_SECONDS - 600);
	make_file(f, "partial-too-old", 1, 7 * DAY_SECONDS + 1);
	make_file(f, "partial-of-tomorrow", 1, -DAY_SECONDS);
	make_file(f, "blob-new", 1, 0);
	assert_int_equal(mkdirat(f->tmp, "partial-folder", 0700), 0);
	assert_int_equal(symlinkat("partial-new", f->tmp, "partial-link"), 0);
	assert_true(partial_is_kept(f->tmp, "partial-new"));
	assert_true(partial_is_kept(f->tmp, "partial-old"));
	assert_true(partial_is_kept(f->tmp, "partial-of-tomorrow"));
	assert_false(partial_is_kept(f->tmp, "partial-too-old"));
	assert_false(partial_is_kept(f->tmp, "partial-not-there"));
	assert_false(partial_is_kept(f->tmp, "partial-folder"));
	assert_false(partial_is_kept(f->tmp, "partial-link"));
	assert_false(partial_is_kept(f->tmp, "blob-new"));
}

/* All of them, whatever their age, and nothing else. */
static void test_count_and_remove(void **state)
{
	const struct fixture *f = *state;
	struct partials found = {9, 9};
	struct err err = ERR_INIT;

	MUST(partials_count(f->private_dir, &found, &err));
	assert_int_equal(found.count, 0);
	assert_int_equal(found.bytes, 0);
	make_file(f, "partial-a", 1000, 0);
	make_file(f, "partial-b", 34, 100 * DAY_SECONDS);
	make_file(f, "blob-c", 5, 0);
	assert_int_equal(symlinkat("blob-c", f->tmp, "partial-link"), 0);
	assert_int_equal(mkdirat(f->tmp, "partial-folder", 0700), 0);
	MUST(partials_count(f->private_dir, &found, &err));
	assert_int_equal(found.count, 3);
	assert_int_equal(found.bytes, 1034 + strlen("blob-c"));
	assert_true(is_there(f, "partial-a") && is_there(f, "partial-b"));
	found = (struct partials){9, 9};
	MUST(partials_remove(f->private_dir, &found, &err));
	assert_int_equal(found.count, 3);
	assert_int_equal(found.bytes, 1034 + strlen("blob-c"));
	assert_false(is_there(f, "partial-a") || is_there(f, "partial-b") ||
	             is_there(f, "partial-link"));
	assert_true(is_there(f, "blob-c") && is_there(f, "partial-folder"));
	MUST(partials_remove(f->private_dir, &found, &err));
	assert_int_equal(found.count, 0);
}

/* A root of which no stage was ever made has no tmp/, and one that leads elsewhere is not followed.
 */
static void test_no_folder(void **state)
{
	const struct fixture *f = *state;
	struct partials found = {9, 9};
	struct err err = ERR_INIT;

	make_file(f, "partial-a", 1, 0);
	assert_int_equal(renameat(f->private_dir, "tmp", f->private_dir, "elsewhere"), 0);
	MUST(partials_count(f->private_dir, &found, &err));
	assert_int_equal(found.count, 0);
	MUST(partials_remove(f->private_dir, &found, &err));
	assert_int_equal(symlinkat("elsewhere", f->private_dir, "tmp"), 0);
	assert_int_equal(partials_remove(f->private_dir, &found, &err), -1);
	assert_true(is_there(f, "partial-a"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_names),
		T(test_kept),
		T(test_count_and_remove),
		T(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
