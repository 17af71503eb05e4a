/* The pages of a repository's tags, as they are listed while its list is written. */
#include "sync/plan/tag_pages.h"

#include "sync/plan/open.h"
#include "tests/unit/check.h"

#include <stdio.h>

static void test_pages(void **state)
{
	static const struct {
		uint64_t keys[TAG_PAGES_PARTS];
		unsigned pages;
	} cases[] = {
		{{0, 0, 0, 0, 0}, 1},
		{{1000, 0, 0, 0, 0}, 1},
		{{1001, 0, 0, 0, 0}, 2},
		{{2000, 0, 0, 0, 1}, 3},
		/* A page that ends among digests: the next begins behind them, and may be empty. */
		{{0, 1000, 0, 0, 0}, 1},
		{{0, 1001, 0, 0, 0}, 2},
		{{0, 1000, 0, 0, 1}, 2},
		{{0, 9000, 0, 0, 1000}, 2},
		{{0, 9000, 0, 0, 1001}, 3},
		{{500, 500, 0, 0, 0}, 1},
		{{500, 500, 0, 0, 1}, 2},
		{{500, 600, 0, 0, 400}, 2},
		/* One that ends with a tag: the next begins with digests. */
		{{1000, 1, 0, 0, 0}, 2},
		{{1000, 2000, 0, 0, 5}, 3},
		{{0, 600, 500, 600, 10}, 2},
		{{0, 600, 0, 600, 10}, 2},
		{{0, 400, 0, 400, 400}, 2},
		{{0, 1000, 0, 1000, 0}, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(tag_pages_of(cases[i].keys), cases[i].pages);
}

static void note(struct tag_pages *pages, struct plan *plan, const char *repo, const char *name,
                 int times)
{
	struct err err = ERR_INIT;
	char key[KEY_MAX];

	(void)snprintf(key, sizeof(key), "v2/%s/manifests/%s", repo, name);
	for (int i = 0; i < times; i++)
		MUST(tag_pages_note(pages, plan, key, &err));
}

static void test_noted(void **state)
{
	struct tag_pages pages = {0};
	struct plan plan = {0};
	struct err err = ERR_INIT;
	unsigned count;

	(void)state;
	MUST(plan_open(&plan, &err));
	note(&pages, &plan, "a", "1", 600);
	note(&pages, &plan, "a/b", "sha256:0", 1001);
	note(&pages, &plan, "a", "1", 401);
	note(&pages, &plan, "c", "sha256-0", 500);
	note(&pages, &plan, "c", "sha256:0", 500);
	note(&pages, &plan, "c", "sha257", 1);
	MUST(tag_pages_note(&pages, &plan, "v2/a/blobs/sha256:0", &err));
	MUST(tag_pages_note(&pages, &plan, "v2/_catalog", &err));
	MUST(tag_pages_note(&pages, &plan, "v2/manifests/x", &err));
	MUST(tag_pages_flush(&pages, &plan, &err));
	MUST(tag_pages_count(&plan, "a", &count, &err));
	assert_int_equal(count, 2);
	MUST(tag_pages_count(&plan, "a/b", &count, &err));
	assert_int_equal(count, 2);
	MUST(tag_pages_count(&plan, "c", &count, &err));
	assert_int_equal(count, 2);
	MUST(tag_pages_count(&plan, "none", &count, &err));
	assert_int_equal(count, 1);
	plan_close(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
