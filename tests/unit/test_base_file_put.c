/* Files that are put in place whole, and what is there already. */
#include "base/file.h"

#include "tests/unit/check.h"

struct fixture {
	char path[SCRATCH_MAX];
	int dir;
};

static int set_up(void **state)
{
	static struct fixture f;

	scratch_make(f.path);
	f.dir = open(f.path, O_RDONLY | O_DIRECTORY);
	assert_true(f.dir >= 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)close(f->dir);
	scratch_remove(f->path);
	return 0;
}

static void test_put(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str text = STR_INIT(100), read = STR_INIT(100);
	char path[SCRATCH_MAX + 20];
	struct err err = ERR_INIT;

	(void)snprintf(path, sizeof(path), "%s/put", f->path);
	assert_int_equal(str_adds(&text, "one"), 0);
	MUST(file_put(path, &text, &err));
	assert_int_equal(str_adds(&text, " two"), 0);
	MUST(file_put(path, &text, &err));
	MUST(file_read_all(f->dir, "put", &read, &err));
	assert_string_equal(str_text(&read), "one two");
	assert_int_equal(unlink(path) + mkdir(path, 0700), 0);
	assert_int_equal(file_put(path, &text, &err), -1);
	(void)snprintf(path, sizeof(path), "%s/put.%ld", f->path, (long)getpid());
	assert_int_equal(access(path, F_OK), -1);
}

/* What a link leads to is replaced, and the link stays. */
static void test_put_behind_link(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str text = STR_INIT(100), read = STR_INIT(100);
	char path[SCRATCH_MAX + 20];
	struct err err = ERR_INIT;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/link", f->path);
	assert_int_equal(str_adds(&text, "new"), 0);
	assert_int_equal(mkdirat(f->dir, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("elsewhere/file", f->dir, "link"), 0);
	assert_int_equal(close(openat(f->dir, "elsewhere/file", O_WRONLY | O_CREAT, 0600)), 0);
	MUST(file_put(path, &text, &err));
	assert_int_equal(fstatat(f->dir, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	MUST(file_read_all(f->dir, "elsewhere/file", &read, &err));
	assert_string_equal(str_text(&read), "new");
}

/* As root it could take the place of /dev/null. */
static void test_put_into_pipe(void **state)
{
	const struct fixture *f = *state;
	AUTO_STR struct str text = STR_INIT(100);
	char path[SCRATCH_MAX + 20], got[100] = "";
	struct err err = ERR_INIT;
	struct stat st;
	int reader;

	(void)snprintf(path, sizeof(path), "%s/pipe", f->path);
	assert_int_equal(str_adds(&text, "through it"), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	MUST(file_put(path, &text, &err));
	assert_int_equal(read(reader, got, sizeof(got) - 1), text.len);
	assert_string_equal(got, "through it");
	assert_int_equal(close(reader), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_put),
		T(test_put_behind_link),
		T(test_put_into_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
