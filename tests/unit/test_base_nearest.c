/* Which word was probably meant. */
#include "base/nearest.h"

#include "tests/unit/check.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"sync", "sync", 0},
		{"SYNC", "sync", 0},
		{"snyc", "sync", 1},
		{"syn", "sync", 1},
		{"sy-nc", "sync", 1},
		{"sinc", "sync", 1},
		{"kitten", "sitting", 3},
		{"stauts", "status", 1},
		{"ab", "ba", 1},
		{"abcd", "badc", 2},
		{"remotes", "remote", 1},
	};
	char longest[NEAREST_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t got = edit_distance(cases[i].a, cases[i].b);

		CASE(got == cases[i].distance, "%s, %s: %zu", cases[i].a, cases[i].b, got);
		CASE(edit_distance(cases[i].b, cases[i].a) == got, "%s, %s", cases[i].b,
		     cases[i].a);
	}
	memset(longest, 'x', NEAREST_MAX + 1);
	longest[NEAREST_MAX + 1] = '\0';
	assert_true(edit_distance(longest, "x") == SIZE_MAX);
	longest[NEAREST_MAX] = '\0';
	assert_int_equal(edit_distance(longest, "x"), NEAREST_MAX - 1);
}

static void test_hint(void **state)
{
	static const char *const words[] = {"stage",   "status", "sync",        "ls",
	                                    "dry-run", "delete", "endpoint-url"};
	static const struct {
		const char *word, *hint;
	} cases[] = {
		{"stauts", "; did you mean --status?"},
		{"dryrun", "; did you mean --dry-run?"},
		{"Sync", "; did you mean --sync?"},
		{"sl", "; did you mean --ls?"},
		{"endp", "; did you mean --endpoint-url?"},
		{"stat", "; did you mean --status?"},
		{"x", ""},
		{"", ""},
		{"frobnicate", ""},
		{"publish", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nearest n;
		char hint[NEAREST_HINT_MAX];

		nearest_init(&n, cases[i].word);
		for (size_t k = 0; k < COUNT(words); k++)
			nearest_offer(&n, words[k]);
		CASE(strcmp(nearest_hint(&n, "--", hint), cases[i].hint) == 0, "%s: %s",
		     cases[i].word, hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
