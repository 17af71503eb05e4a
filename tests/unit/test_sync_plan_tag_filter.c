/* --include and --exclude: which patterns are taken, and what they choose. */
#include "sync/plan/tag_filter.h"

#include "tests/unit/check.h"

enum { WORDS = 4 };

static size_t count_words(const char *const words[WORDS])
{
	size_t n = 0;

	while (n < WORDS && words[n])
		n++;
	return n;
}

static void test_tags(void **state)
{
	static const struct {
		const char *includes[WORDS], *excludes[WORDS];
		const char *repo, *tag;
		bool chosen;
	} cases[] = {
		{{NULL}, {NULL}, "app", "1", true},
		/* An --include leaves out what it does not match. */
		{{"app"}, {NULL}, "app", "1", true},
		{{"app"}, {NULL}, "apple", "1", false},
		{{"app"}, {NULL}, "team/app", "1", false},
		{{"app:1"}, {NULL}, "app", "1", true},
		{{"app:1"}, {NULL}, "app", "10", false},
		{{"app", "base:1"}, {NULL}, "base", "1", true},
		{{"app", "base:1"}, {NULL}, "base", "2", false},
		/* An --exclude leaves everything else. */
		{{NULL}, {"app"}, "app", "1", false},
		{{NULL}, {"app"}, "base", "1", true},
		{{NULL}, {"*:dev-*"}, "team/app", "dev-3", false},
		{{NULL}, {"*:dev-*"}, "team/app", "3", true},
		/* The --exclude wins, however general the --include and special the --exclude. */
		{{"app:*"}, {"app:dev"}, "app", "dev", false},
		{{"app:*"}, {"app:dev"}, "app", "1", true},
		{{"app:dev"}, {"app"}, "app", "dev", false},
		{{"app:dev"}, {"*"}, "app", "dev", false},
		/* `*` takes a slash, but never the colon; no wildcard does. */
		{{"team/*"}, {NULL}, "team/a/b", "1", true},
		{{"*"}, {NULL}, "team/a", "1", true},
		{{"**"}, {NULL}, "team/a", "1", true},
		{{"a*1"}, {NULL}, "app", "1", false},
		{{"app?1"}, {NULL}, "app", "1", false},
		{{"a*:1*"}, {NULL}, "app", "1.2", true},
		{{"app:v[0-9]"}, {NULL}, "app", "v7", true},
		{{"app:v[!0-9]"}, {NULL}, "app", "v7", false},
		{{"app[[:digit:]]"}, {NULL}, "app7", "x", true},
		{{"app[[:digit:]]"}, {NULL}, "app", "x", false},
		{{"app:[[:digit:]]*"}, {NULL}, "app", "7x", true},
		{{"App"}, {NULL}, "app", "1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct tag_filter f;

		MUST(tag_filter_open(&f, cases[i].includes, count_words(cases[i].includes),
		                     cases[i].excludes, count_words(cases[i].excludes), &err));
		CASE(tag_filter_has_tag(&f, cases[i].repo, cases[i].tag) == cases[i].chosen,
		     "case %zu", i);
		tag_filter_release(&f);
	}
}

/* What no tag reaches goes by NAME alone. */
static void test_rest(void **state)
{
	static const struct {
		const char *includes[WORDS], *excludes[WORDS];
		bool chosen;
	} cases[] = {
		{{NULL}, {NULL}, true},       {{"app"}, {NULL}, true},
		{{"a*"}, {NULL}, true},       {{"app:*"}, {NULL}, false},
		{{"other"}, {NULL}, false},   {{NULL}, {"app:*"}, true},
		{{NULL}, {"app"}, false},     {{"app"}, {"app"}, false},
		{{"app"}, {"app:dev"}, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct tag_filter f;

		MUST(tag_filter_open(&f, cases[i].includes, count_words(cases[i].includes),
		                     cases[i].excludes, count_words(cases[i].excludes), &err));
		CASE(tag_filter_has_rest(&f, "app") == cases[i].chosen, "case %zu", i);
		tag_filter_release(&f);
	}
}

static void test_no_patterns(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "NAME or NAME:TAG"},      {":1", "*:TAG"},
		{"app:", "NAME or NAME:TAG"},  {"app:{1,2}", "braces"},
		{"app@sha256:1234", "digest"}, {"app 1", "character"},
		{"app:1\n", "character"},      {"\xc3\xa9t\xc3\xa9", "character"},
		{"$(id)", "character"},
	};
	char long_text[2000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const texts[] = {"fine", cases[i].text};
		struct err err = ERR_INIT;
		struct tag_filter f;

		MUST_FAIL(tag_filter_open(&f, texts, 2, NULL, 0, &err), ERR_USAGE);
		CASE(strstr(err.message, cases[i].message), "case %zu: %s", i, err.message);
		CASE(strstr(err.message, "--include"), "case %zu: %s", i, err.message);
		MUST_FAIL(tag_filter_open(&f, texts, 1, &texts[1], 1, &err), ERR_USAGE);
		CASE(strstr(err.message, "--exclude"), "case %zu: %s", i, err.message);
	}
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	{
		const char *const texts[] = {long_text};
		struct err err = ERR_INIT;
		struct tag_filter f;

		MUST_FAIL(tag_filter_open(&f, texts, 1, NULL, 0, &err), ERR_USAGE);
	}
}

static void test_unused(void **state)
{
	static const char *const includes[] = {"app", "bas", "c:1"}, *const excludes[] = {"d"};
	struct err err = ERR_INIT;
	struct tag_filter f;

	(void)state;
	MUST(tag_filter_open(&f, includes, 3, excludes, 1, &err));
	assert_true(tag_filter_is_on(&f));
	assert_int_equal(tag_filter_judge(&f, "app", "1"), TAG_FILTER_INCLUDED);
	assert_int_equal(tag_filter_judge(&f, "c", "2"), TAG_FILTER_UNSAID);
	assert_int_equal(tag_filter_judge(&f, "d", "2"), TAG_FILTER_EXCLUDED);
	assert_string_equal(tag_filter_unused(&f, 0), "bas");
	assert_string_equal(tag_filter_unused(&f, 1), "c:1");
	assert_null(tag_filter_unused(&f, 2));
	tag_filter_release(&f);
	MUST(tag_filter_open(&f, NULL, 0, NULL, 0, &err));
	assert_false(tag_filter_is_on(&f));
	tag_filter_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_no_patterns),
		cmocka_unit_test(test_unused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
