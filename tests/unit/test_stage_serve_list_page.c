#include "unit.h"

#include "base/cleanup.h"
#include "base/listing.h"
#include "stage/serve/list_page.h"

static const char TAGS[] = "{\"name\":\"app\",\"tags\":[\"1\",\"1.0\",\"2\",\"A\",\"a\"]}";

static void takes_a_page(void **state)
{
	static const struct {
		uint64_t n;
		const char *last, *entries, *next;
	} cases[] = {
		{2, "", "\"1\",\"1.0\"", "1.0"},
		{2, "1.0", "\"2\",\"A\"", "A"},
		{2, "A", "\"a\"", ""},
		{2, "a", "", ""},
		{5, "", "\"1\",\"1.0\",\"2\",\"A\",\"a\"", ""},
		{4, "", "\"1\",\"1.0\",\"2\",\"A\"", "A"},
		{UINT64_MAX, "", "\"1\",\"1.0\",\"2\",\"A\",\"a\"", ""},
		{UINT64_MAX, "2", "\"A\",\"a\"", ""},
		{0, "", "", ""},
		{1, "1.", "\"1.0\"", "1.0"}, /* which is no tag, but has its place */
		{9, "zzz", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct page_wish wish = {cases[i].n, cases[i].last};
		AUTO_STR struct str page = STR_INIT(1000), wanted = STR_INIT(1000);
		struct err err = ERR_INIT;
		char next[REPO_MAX + 1];

		assert_int_equal(list_page(&page, TAGS, strlen(TAGS), &wish, next, &err), 0);
		(void)str_addf(&wanted, "{\"name\":\"app\",\"tags\":[%s]}", cases[i].entries);
		assert_string_equal(str_text(&page), str_text(&wanted));
		assert_string_equal(next, cases[i].next);
	}
}

static void reads_what_listing_writes(void **state)
{
	static const char *const repos[] = {"b/c", "a", "b"};
	AUTO_STR struct str whole = STR_INIT(1000), page = STR_INIT(1000);
	const struct page_wish wish = {2, "a"};
	struct err err = ERR_INIT;
	char next[REPO_MAX + 1];

	(void)state;
	assert_int_equal(listing_catalog(&whole, repos, 3, &err), 0);
	assert_int_equal(list_page(&page, str_text(&whole), whole.len, &wish, next, &err), 0);
	assert_string_equal(str_text(&page), "{\"repositories\":[\"b\",\"b/c\"]}");
	assert_string_equal(next, "");
}

static void refuses_what_is_no_list(void **state)
{
	static const char *const texts[] = {
		"",
		"{}",
		"[",
		"{\"tags\":[",
		"[1]",
		"[\"a\" ,\"b\"]",
		"[\"a\\\"b\"]",
		"[\"a\"",
		"[\"a",
		"[[]]",
		"[\"a\"\"b\"]",
		"[,\"a\"]",
		"[\"a\",]",
	};
	const struct page_wish wish = {100, ""};
	char next[REPO_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO_STR struct str page = STR_INIT(1000);
		struct err err = ERR_INIT;

		if (list_page(&page, texts[i], strlen(texts[i]), &wish, next, &err) == 0)
			fail_msg("%s was a list", texts[i]);
		assert_int_equal(err.code, ERR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_page),
		cmocka_unit_test(reads_what_listing_writes),
		cmocka_unit_test(refuses_what_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
