#include "base/page_path.h"

#include "tests/unit/check.h"

static void test_paths(void **state)
{
	struct digest d = {.alg = DIGEST_SHA256, .bytes = {0x3f, 0xa0, 0x12, 0x34, 0x56}};
	char path[PAGE_PATH_MAX], file[PAGE_FILE_MAX], up[PAGE_UP_MAX];

	(void)state;
	assert_string_equal(page_path_repository(path, "app"), "page/app/_index.html");
	assert_true(page_path_is_one(path));
	assert_string_equal(page_path_images(path, "team/app", &d, 2),
	                    "page/team/app/_images-3f.html");
	assert_true(page_path_is_one(path));
	assert_string_equal(page_path_images_file(file, &d, PAGE_DIGITS_MAX),
	                    "_images-3fa01234.html");
	assert_string_equal(page_path_up(up, "app"), "../../");
	assert_string_equal(page_path_up(up, "a/b/c"), "../../../../");
}

/* The longest name, and the one of the most parts. */
static void test_limits(void **state)
{
	struct digest d = {.alg = DIGEST_SHA512};
	char path[PAGE_PATH_MAX], up[PAGE_UP_MAX], repo[REPO_MAX + 1];

	(void)state;
	memset(repo, 'a', REPO_MAX);
	repo[REPO_MAX] = '\0';
	(void)page_path_images(path, repo, &d, PAGE_DIGITS_MAX);
	assert_true(page_path_is_one(path));
	for (int i = 1; i < REPO_MAX; i += 2)
		repo[i] = '/';
	(void)page_path_repository(path, repo);
	assert_true(page_path_is_one(path));
	assert_int_equal(strlen(page_path_up(up, repo)), 3 * (2 + 127));
}

static const struct {
	const char *path;
	bool page;
} CASES[] = {
	{"index.html", true},
	{"page/a/_index.html", true},
	{"page/index.html/_index.html", true}, /* a repository may be called so */
	{"page/a/_images-0.html", true},
	{"page/a/_images-0123abcd.html", true},
	{"", false},
	{"_index.html", false},
	{"page/_index.html", false},
	{"page//_index.html", false},
	{"page/a/index.html", false},
	{"page/a/b.html", false},
	{"page/A/_index.html", false},
	{"page/../_index.html", false},
	{"page/a/../../.drydock/_index.html", false},
	{"page/a/manifests/_index.html", false},
	{"page/a/_images-.html", false},
	{"page/a/_images-0123abcd4.html", false},
	{"page/a/_images-0G.html", false},
	{"page/a/_images-0.htm", false},
	{"page/a/_images-0.html/x", false},
	{"/page/a/_index.html", false},
	{"v2/a/_index.html", false},
	{".drydock/state.db", false},
};

static void test_is_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++)
		CASE(page_path_is_one(CASES[i].path) == CASES[i].page, "%s", CASES[i].path);
}

/* No page is where a folder of a repository is: none of their parts begins with `_`. */
static void test_no_collision(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(name_check_repo("_index.html", 11, &err), -1);
	assert_int_equal(name_check_repo("a/_images-0.html", 16, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_is_one),
		cmocka_unit_test(test_no_collision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
