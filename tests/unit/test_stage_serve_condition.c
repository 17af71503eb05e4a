#include "unit.h"

#include "stage/serve/condition.h"

static void finds_the_etag(void **state)
{
	static const struct {
		const char *header;
		bool has;
	} cases[] = {
		{NULL, false},
		{"", false},
		{"*", true},
		{"\"a:b\"", true},
		{"W/\"a:b\"", true},
		{"\"x\", \"a:b\"", true},
		{"\"x\",W/\"y\" ,\"a:b\"", true},
		{"a:b", false},
		{"\"a:b", false},
		{"\"a:bc\"", false},
		{"\"x\" a:b \"a:b\"", false},
		{"\"x\",", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (condition_has(cases[i].header, "\"a:b\"") != cases[i].has)
			fail_msg("%s", cases[i].header ? cases[i].header : "(none)");
}

static void counts_a_range(void **state)
{
	(void)state;
	assert_true(condition_range_counts(NULL, "\"a\""));
	assert_true(condition_range_counts("\"a\"", "\"a\""));
	assert_false(condition_range_counts("\"b\"", "\"a\""));
	assert_false(condition_range_counts("W/\"a\"", "\"a\""));
	assert_false(condition_range_counts("Sun, 29 Nov 2026 00:00:00 GMT", "\"a\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_etag),
		cmocka_unit_test(counts_a_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
