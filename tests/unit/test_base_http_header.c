/* Tokens and values of headers. */
#include "base/http/header.h"

#include "tests/unit/check.h"

static void test_token(void **state)
{
	(void)state;
	assert_int_equal(header_token_length("Bearer realm"), 6);
	assert_int_equal(header_token_length("a!#$%&'*+-.^_`|~9=x"), 17);
	assert_int_equal(header_token_length(""), 0);
	assert_int_equal(header_token_length("\"a\""), 0);
	assert_int_equal(header_token_length("\xc3\xa9"), 0);
}

static void test_value(void **state)
{
	static const struct {
		const char *text, *value, *rest; /* value NULL: malformed */
	} cases[] = {
		{"", "", ""},
		{",x", "", ",x"},
		{"a/b:c=d,x", "a/b:c=d", ",x"},
		{"a b", "a", " b"},
		{"a\"b\"", "a", "\"b\""},
		{"a\\b;c", "a\\b", ";c"},
		{"\"\"x", "", "x"},
		{"\"a, b;\tc\" x", "a, b;\tc", " x"},
		{"\"a\\\"\\\\\\b\"", "a\"\\b", ""},
		{"\xc3\xa9", "\xc3\xa9", ""},
		{"\"a", NULL, NULL},
		{"\"a\\\"", NULL, NULL},
		{"\"a\\", NULL, NULL},
		{"a\x01", NULL, NULL},
		{"\"a\\\n\"", NULL, NULL},
		{"\"\x7f\"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str value = STR_INIT(100);
		const char *at = cases[i].text;
		struct err err = ERR_INIT;

		if (!cases[i].value) {
			MUST_FAIL(header_read_value(&at, ",;", &value, &err), ERR_MALFORMED);
			continue;
		}
		MUST(header_read_value(&at, ",;", &value, &err));
		assert_string_equal(value.data, cases[i].value);
		assert_string_equal(at, cases[i].rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
