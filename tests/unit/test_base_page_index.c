#include "base/page_index.h"

#include "tests/unit/check.h"

#define BEFORE "<!DOCTYPE html>\n<main>\n"
#define LIST   "<h2>x</h2>\n" PAGE_INDEX_LIST " aria-labelledby=\"x\">\n"
#define BEHIND PAGE_INDEX_LIST_END "</main>\n"
#define ROW(name, tags)                                                                            \
	PAGE_INDEX_ROW                                                                             \
	"page/" name "/_index.html\">" name "</a> <span>1.0</span> " PAGE_INDEX_TAGS tags          \
	"</span> <span class=\"s\">5 B</span> "                                                    \
	"<time datetime=\"2026-11-29T09:21:59Z\">2026-11-29</time>" PAGE_INDEX_ROW_END
#define INDEX(counts, rows) BEFORE "<p id=\"counts\">" counts ".</p>\n" LIST rows BEHIND

static int merge(struct str *out, const char *ours, const char *theirs, const char *known,
                 struct err *why)
{
	struct text_set names = TEXT_SET_INIT;
	char all[200], *rest = NULL;
	int got;

	(void)snprintf(all, sizeof(all), "%s", known);
	for (char *name = strtok_r(all, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
		assert_true(text_set_add(&names, name, why) >= 0);
	got = page_index_merge(out, ours, theirs, &names, why);
	text_set_release(&names);
	return got;
}

static void expect(const char *ours, const char *theirs, const char *known, int got,
                   const char *wanted)
{
	AUTO_STR struct str out = STR_INIT(100000);
	struct err err = ERR_INIT;

	assert_int_equal(merge(&out, ours, theirs, known, &err), got);
	assert_string_equal(str_text(&out), wanted);
}

static void test_merge(void **state)
{
	(void)state;
	expect(INDEX("1 repository, 1 tag", ROW("b", "1 tag")),
	       INDEX("3 repositories, 9 tags",
	             ROW("a", "2 tags") ROW("b", "4 tags") ROW("c", "3 tags")),
	       "a b c", 1,
	       INDEX("3 repositories, 6 tags",
	             ROW("a", "2 tags") ROW("b", "1 tag") ROW("c", "3 tags")));
	/* What the bucket's catalogue does not have any more goes. */
	expect(INDEX("1 repository, 1 tag", ROW("b", "1 tag")),
	       INDEX("2 repositories, 5 tags", ROW("a", "2 tags") ROW("c", "3 tags")), "b", 0,
	       INDEX("1 repository, 1 tag", ROW("b", "1 tag")));
	/* A root without anything, and a bucket. */
	expect(INDEX("0 repositories, 0 tags", ""),
	       INDEX("0 repositories, 0 tags", ROW("a", "2 tags")), "a", 1,
	       INDEX("1 repository, 2 tags", ROW("a", "2 tags")));
	expect(INDEX("1 repository, 2 tags", ROW("a", "2 tags")),
	       INDEX("0 repositories, 0 tags", ""), "a", 0,
	       INDEX("1 repository, 2 tags", ROW("a", "2 tags")));
	/* In the order of keys, in which a/ stands behind a- and before a0. */
	expect(INDEX("2 repositories, 2 tags", ROW("a-b", "1 tag") ROW("a0", "1 tag")),
	       INDEX("1 repository, 1 tag", ROW("a", "1 tag")), "a", 1,
	       INDEX("3 repositories, 3 tags",
	             ROW("a-b", "1 tag") ROW("a", "1 tag") ROW("a0", "1 tag")));
}

/* Lines that are not made as drydock makes them. */
static const char *const STRANGE[] = {
	PAGE_INDEX_ROW "page/a/_index.html\">a</a><script>x</script>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW "page/a/_index.html\" onclick=\"x\">a</a>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW
	"page/a/_index.html\">a</a><a href=\"page/a\" id=\"x\">b</a>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW
	"page/a/_index.html\">a</a><a href=\"javascript:x\">b</a>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW
	"page/a/_index.html\">a</a><time datetime=\"'>\">b</time>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW "page/a/_index.html\">a</a><!-- " PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW "page/a/_index.html\">a</a>\n",
	PAGE_INDEX_ROW "page/A/_index.html\">a</a>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW "page/a/../_index.html\">a</a>" PAGE_INDEX_ROW_END,
	PAGE_INDEX_ROW "page/a\">a</a>" PAGE_INDEX_ROW_END,
	("<li>a" PAGE_INDEX_ROW_END),
	"\n",
};

static void test_strange(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(STRANGE); i++) {
		AUTO_STR struct str theirs = STR_INIT(10000);

		(void)str_addf(&theirs, BEFORE "<p id=\"counts\">1.</p>\n" LIST "%s" BEHIND,
		               STRANGE[i]);
		expect(INDEX("1 repository, 1 tag", ROW("b", "1 tag")), str_text(&theirs), "a b A",
		       0, INDEX("1 repository, 1 tag", ROW("b", "1 tag")));
	}
}

static void test_no_index(void **state)
{
	static const char *const texts[] = {"", "<h1>Mine</h1>", BEFORE LIST BEHIND,
	                                    BEFORE "<p id=\"counts\">1.</p>\n", BEFORE LIST};
	const char *good = INDEX("0 repositories, 0 tags", "");
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_STR struct str out = STR_INIT(10000);

		MUST_FAIL(merge(&out, good, texts[i], "", &err), ERR_MALFORMED);
		MUST_FAIL(merge(&out, texts[i], good, "", &err), ERR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_no_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
