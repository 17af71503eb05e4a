#include "tests/unit/check.h"

static void test_build(void **state)
{
	AUTO_STR struct str s = STR_INIT(1000);

	(void)state;
	assert_string_equal(str_text(&s), "");
	assert_int_equal(str_adds(&s, "key"), 0);
	assert_int_equal(str_addc(&s, '='), 0);
	assert_int_equal(str_addf(&s, "%s-%d", "v", 7), 0);
	assert_int_equal(str_add(&s, "\0z", 2), 0);
	assert_int_equal(str_adds(&s, "00ff1a"), 0);
	assert_int_equal(s.len, 15);
	assert_memory_equal(s.data, "key=v-7\0z00ff1a", 16);
	for (int i = 0; i < 100; i++)
		assert_int_equal(str_add(&s, "0123456", 7), 0);
	assert_int_equal(s.len, 715);
	str_clear(&s);
	assert_string_equal(str_text(&s), "");
	assert_int_equal(s.len, 0);
}

static void test_bound(void **state)
{
	AUTO_STR struct str s = STR_INIT(4);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(str_add(&s, "abcde", 5), -1);
	assert_true(s.failed);
	str_clear(&s);
	assert_int_equal(str_adds(&s, "abcd"), 0);
	MUST(str_check(&s, "name", &err));
	assert_int_equal(str_addc(&s, 'e'), -1);
	assert_int_equal(str_addf(&s, "%d", 5), -1);
	assert_null(str_reserve(&s, 1));
	assert_null(str_reserve(&s, SIZE_MAX));
	assert_string_equal(str_text(&s), "abcd");
	MUST_FAIL(str_check(&s, "name", &err), ERR_MEMORY);
	assert_string_equal(err.message, "name is longer than 4 bytes, or memory ran out");
	assert_null(str_steal(&s));
	assert_int_equal(str_add(&s, "", 0), 0);
	assert_true(s.failed);
	str_clear(&s);
	assert_false(s.failed);
}

static void test_shell_word(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"s3://reg/a-b_c.d:1", "s3://reg/a-b_c.d:1"},
		{"", "''"},
		{"a b", "'a b'"},
		{"it's", "'it'\\''s'"},
		{"$HOME", "'$HOME'"},
		{"*", "'*'"},
		{"~/ca.pem", "'~/ca.pem'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_STR struct str s = STR_INIT(100);

		assert_int_equal(str_add_shell_word(&s, cases[i].text), 0);
		assert_string_equal(str_text(&s), cases[i].word);
	}
}

static void test_wipe(void **state)
{
	AUTO_WIPE struct str never = STR_INIT(4);
	struct str s = STR_INIT(4);

	(void)state;
	assert_null(never.data);
	assert_int_equal(str_adds(&s, "key"), 0);
	str_wipe(&s);
	assert_null(s.data);
	assert_string_equal(str_text(&s), "");
}

/* What an append cannot do it does not half do, and it is remembered. */
static void test_all_or_nothing(void **state)
{
	AUTO_STR struct str s = STR_INIT(8);
	AUTO_STR struct str endless = STR_INIT(SIZE_MAX);

	(void)state;
	assert_int_equal(str_adds(&s, "ab"), 0);
	assert_int_equal(str_add_json(&s, "cdefgh"), -1);
	assert_string_equal(str_text(&s), "ab");
	assert_true(s.failed);
	str_clear(&s);
	assert_int_equal(str_adds(&s, "ab"), 0);
	assert_int_equal(str_add_printable(&s, "cdef\n", 5), -1);
	assert_string_equal(str_text(&s), "ab");
	assert_true(s.failed);
	assert_int_equal(str_addc(&endless, 'a'), 0);
	assert_null(str_reserve(&endless, SIZE_MAX - 1));
	assert_string_equal(str_text(&endless), "a");
}

static void test_reserve(void **state)
{
	AUTO_STR struct str s = STR_INIT(10);
	char *to = str_reserve(&s, 10);

	(void)state;
	assert_non_null(to);
	memcpy(to, "12345", 5);
	str_grew(&s, 5);
	assert_string_equal(str_text(&s), "12345");
	assert_null(str_reserve(&s, 6));
}

static void test_steal(void **state)
{
	AUTO_STR struct str s = STR_INIT(10);
	AUTO_FREE char *empty = str_steal(&s), *text = NULL;

	(void)state;
	assert_string_equal(empty, "");
	assert_int_equal(str_adds(&s, "abc"), 0);
	text = str_steal(&s);
	assert_string_equal(text, "abc");
	assert_string_equal(str_text(&s), "");
	assert_int_equal(str_adds(&s, "def"), 0);
	assert_string_equal(text, "abc");
	assert_string_equal(str_text(&s), "def");
}

static void test_json(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", "\"\""},
		{"a/b", "\"a/b\""},
		{"say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""},
		{"\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb3",
	         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb3\""},
		{"\xff"
	         "a\x80",
	         "\"\\ufffda\\ufffd\""},
		{"\xc0\xaf", "\"\\ufffd\\ufffd\""},                       /* overlong '/' */
		{"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},            /* overlong '/' */
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},            /* a surrogate */
		{"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* above U+10FFFF */
		{"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* overlong */
		{"\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xe2\x82", "\"\\ufffd\\ufffd\""},           /* cut */
		{"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""}, /* U+10FFFF */
		{"\xed\x9f\xbf\xee\x80\x80",
	         "\"\xed\x9f\xbf\xee\x80\x80\""}, /* beside surrogates */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str s = STR_INIT(200);

		assert_int_equal(str_add_json(&s, cases[i].text), 0);
		assert_string_equal(str_text(&s), cases[i].json);
	}
}

/* Nothing that a terminal could take for a command passes, in any encoding. */
static void test_printable(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *expected;
	} cases[] = {
		{"plain text", 10, "plain text"},
		{"\x1b[2J\r\n\x7f", 7, "\\x1b[2J\\x0d\\x0a\\x7f"},
		{"a\0b", 3, "a\\x00b"},
		{"caf\xc3\xa9", 5, "caf\xc3\xa9"},
		{"\xf0\x9f\x90\xb3", 4, "\xf0\x9f\x90\xb3"},
		{"\x9b"
	         "2J",
	         3, "\\x9b2J"}, /* CSI in an 8-bit terminal */
		{"\xc2\x9b"
	         "2J",
	         4, "\\xc2\\x9b2J"},                    /* CSI as UTF-8 */
		{"\xc2\xa0", 2, "\xc2\xa0"},            /* the first that is no control */
		{"\xe2\x80\xae", 3, "\\xe2\\x80\\xae"}, /* U+202E turns the line around */
		{"\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6"}, /* U+2066, the same */
		{"\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8"}, /* U+2028 line separator */
		{"\xe2\x80\xa6", 3, "\xe2\x80\xa6"},    /* U+2026, an ellipsis */
		{"\xe2\x82", 2, "\\xe2\\x82"},          /* cut by the length */
		{"\xff", 1, "\\xff"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str s = STR_INIT(200);
		AUTO_FREE char *exact = malloc(cases[i].len); /* no NUL behind it */

		assert_non_null(exact);
		memcpy(exact, cases[i].text, cases[i].len);
		assert_int_equal(str_add_printable(&s, exact, cases[i].len), 0);
		assert_string_equal(str_text(&s), cases[i].expected);
	}
}

/* Formatted text of every length, into every room there may be left, up to max and beyond. */
static void test_format_room(void **state)
{
	static const char text[] =
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	(void)state;
	for (size_t before = 0; before < 130; before++) {
		for (size_t len = 0; len < 70; len++) {
			AUTO_STR struct str s = STR_INIT(150);
			int fits = before + len <= 150;

			for (size_t i = 0; i < before; i++)
				assert_int_equal(str_addc(&s, '0'), 0);
			assert_int_equal(str_addf(&s, "%.*s", (int)len, text), fits ? 0 : -1);
			assert_int_equal(s.len, before + (fits ? len : 0));
			assert_int_equal(strlen(str_text(&s)), s.len);
			assert_int_equal(strspn(str_text(&s), "0"), before);
			assert_int_equal(s.failed, !fits);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),          cmocka_unit_test(test_bound),
		cmocka_unit_test(test_all_or_nothing), cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_steal),          cmocka_unit_test(test_format_room),
		cmocka_unit_test(test_shell_word),     cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_json),           cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
