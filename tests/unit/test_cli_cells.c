/* Texts cut to columns. */
#include "cli/cells.h"
#include "tests/unit/check.h"

static void test_cells(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *cut; /* to six columns */
	} cases[] = {
		{"", 0, ""},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 7, "abcde…"},
		{"äöüäöü", 6, "äöüäöü"},
		{"äöüäöüä", 7, "äöüäö…"},
		{"日本語", 6, "日本語"},
		{"日本語x", 7, "日本…"}, /* the third would end in the sixth column */
		{"e\u0301abcdefg", 8, "e\u0301abcd…"},
		{"\xff\xfeghijk", 7, "\xff\xfeghi…"},
		{"ab\xc3", 3, "ab\xc3"},
	};
	struct str out = STR_INIT(100);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(cells_count(cases[i].text, strlen(cases[i].text)),
		                 cases[i].columns);
		str_clear(&out);
		cells_add_cut(&out, cases[i].text, 6, "…");
		assert_string_equal(str_text(&out), cases[i].cut);
	}
	str_clear(&out);
	cells_add_cut(&out, "abc", 0, "…");
	cells_add_cut(&out, "abc", 1, ">");
	assert_string_equal(str_text(&out), ">");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cells)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
