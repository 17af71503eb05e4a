#include "stage/blob/recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text, *canonical; /* NULL: no recipe */
} cases[] = {
	{"none", "none"},       {"gzip", "gzip:2"},
	{"zstd", "zstd:3"},     {"gzip:1", "gzip:1"},
	{"gzip:12", "gzip:12"}, {"zstd:19", "zstd:19"},
	{"zstd:07", "zstd:7"},  {"", NULL},
	{"gz", NULL},           {"gzip:", NULL},
	{"gzip:0", NULL},       {"gzip:13", NULL},
	{"zstd:20", NULL},      {"none:1", NULL},
	{"none:", NULL},        {"gzip:-1", NULL},
	{"gzip: 1", "gzip:1"},  {"gzip:1x", NULL},
	{"gzip:001", "gzip:1"}, {"gzipped", NULL},
	{"GZIP", NULL},         {"gzip:4294967297", NULL},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[RECIPE_TEXT_MAX];
		struct recipe recipe;
		struct err err = ERR_INIT;
		int rc = recipe_parse(&recipe, cases[i].text, &err);

		assert_int_equal(rc, cases[i].canonical ? 0 : -1);
		if (rc == 0) {
			assert_string_equal(recipe_text(recipe, text), cases[i].canonical);
		} else {
			assert_int_equal(err.code, ERR_USAGE);
			assert_non_null(strstr(err.message, cases[i].text));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
