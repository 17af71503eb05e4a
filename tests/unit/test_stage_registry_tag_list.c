/* tags/list: pages, limits, the order of versions, patterns. */
#include "stage/registry/tag_list.h"

#include "base/str.h"
#include "tests/unit/check.h"

static int add(struct tag_list *list, const char *json, struct err *err)
{
	return tag_list_add_page(list, json, strlen(json), err);
}

static const char *shown(const struct tag_list *list, struct str *out)
{
	str_clear(out);
	for (size_t i = 0; i < list->count; i++)
		(void)str_addf(out, "%s%s", i ? " " : "", list->tags[i]);
	return str_text(out);
}

static void test_pages(void **state)
{
	AUTO_STR struct str text = STR_INIT(4096);
	struct tag_list list = TAG_LIST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	MUST(add(&list, "{\"name\":\"a\",\"tags\":[\"2\",\"1\"]}", &err));
	MUST(add(&list, "{\"name\":\"a\",\"tags\":null}", &err));
	MUST(add(&list, "{\"tags\":[]}", &err));
	MUST(add(&list, "{\"tags\":[\"1\",\"latest\"],\"manifest\":{\"x\":{\"tag\":[\"1\"]}}}",
	         &err));
	assert_int_equal(list.added, 4);
	assert_int_equal(list.pages, 4);
	assert_int_equal(list.count, 0);
	MUST(tag_list_select(&list, NULL, 0, &err));
	assert_string_equal(shown(&list, &text), "latest 1 2");
	MUST(tag_list_select(&list, "none", 0, &err));
	assert_int_equal(list.count, 0);
	MUST(tag_list_select(&list, NULL, 1, &err));
	assert_string_equal(shown(&list, &text), "2");
	tag_list_release(&list);
	assert_null(list.tags);
	MUST(tag_list_select(&list, NULL, 1, &err));
	assert_int_equal(list.count, 0);
	tag_list_release(&list);
}

static void test_refused(void **state)
{
	static const struct {
		const char *json;
		enum err_code code;
	} cases[] = {
		{"", ERR_MALFORMED},
		{"[]", ERR_MALFORMED},
		{"{}", ERR_MALFORMED},
		{"{\"tags\":{}}", ERR_MALFORMED},
		{"{\"tags\":\"1\"}", ERR_MALFORMED},
		{"{\"tags\":[1]}", ERR_MALFORMED},
		{"{\"tags\":[\"1\",null]}", ERR_MALFORMED},
		{"{\"tags\":[\"1\"],\"tags\":[\"2\"]}", ERR_MALFORMED},
		{"{\"tags\":[\"1\"]", ERR_MALFORMED},
		{"{\"tags\":[\"\"]}", ERR_REFUSED},
		{"{\"tags\":[\"a b\"]}", ERR_REFUSED},
		{"{\"tags\":[\"../../etc\"]}", ERR_REFUSED},
		{"{\"tags\":[\"a\\u0000b\"]}", ERR_MALFORMED},
		{"{\"tags\":[\"-a\"]}", ERR_REFUSED},
		{"{\"tags\":[\"\xc3\xa9\"]}", ERR_REFUSED},
		{"{\"tags\":[[[[[[[[[[]]]]]]]]]]}", ERR_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tag_list list = TAG_LIST_INIT;
		struct err err = ERR_INIT;

		if (add(&list, cases[i].json, &err) == 0)
			fail_msg("accepted: %s", cases[i].json);
		CASE(err.code == cases[i].code, "%s: %s", cases[i].json, err.message);
		tag_list_release(&list);
	}
}

static void test_limits(void **state)
{
	struct tag_list list = TAG_LIST_INIT;
	AUTO_STR struct str json = STR_INIT(TAG_PAGE_BYTES + 100);
	struct err err = ERR_INIT;

	(void)state;
	(void)str_adds(&json, "{\"tags\":[\"0\"");
	for (int i = 1; i < TAG_LIST_MAX; i++)
		(void)str_addf(&json, ",\"%d\"", i);
	(void)str_adds(&json, "]}");
	MUST(add(&list, str_text(&json), &err));
	assert_int_equal(list.added, TAG_LIST_MAX);
	/* So many take the length of their names, and no allocation each. */
	assert_true(list.text.cap < (size_t)TAG_LIST_MAX * 16);
	MUST(add(&list, "{\"tags\":[]}", &err));
	MUST_FAIL(add(&list, "{\"tags\":[\"a\"]}", &err), ERR_REFUSED);
	MUST(tag_list_select(&list, NULL, 2, &err));
	assert_string_equal(list.tags[0], "499998");
	tag_list_release(&list);
	while (json.len <= TAG_PAGE_BYTES)
		(void)str_addc(&json, ' ');
	MUST_FAIL(add(&list, str_text(&json), &err), ERR_REFUSED);
	tag_list_release(&list);
	for (int i = 0; i < TAG_PAGES_MAX; i++)
		MUST(add(&list, "{\"tags\":null}", &err));
	MUST_FAIL(add(&list, "{\"tags\":null}", &err), ERR_REFUSED);
	tag_list_release(&list);
}

/* Oldest first. */
static const char *const ORDER[] = {
	/* No versions. */
	"7f3a9c2",
	"latest",
	"main",
	"release-1.9",
	"release-1.10",
	"sha-1234567",
	"v",
	"vv1",
	/* Versions. */
	"0.0.0",
	"0.1",
	"1.x",
	"1",
	"1.0",
	"1.0.0-alpha",
	"1.0.0-alpha.1",
	"1.0.0-alpha.beta",
	"1.0.0-beta",
	"1.0.0-beta.2",
	"1.0.0-beta.11",
	"1.0.0-rc.1",
	"1.0.0-RC2-alpine",
	"1.0.0-alpine",
	"1.0.0-alpine3.9",
	"1.0.0-alpine3.19",
	"1.0.0",
	"1.0.0_1",
	"1.0.0_10",
	"1.1.1rc1",
	"1.1.1a",
	"1.1.1w",
	"1.1.1",
	"v1.9",
	"v1.10",
	"1.10.0",
	"v1.10.1",
	"v2-rc1",
	"V2",
	"v2",
	"11.0",
	"2024",
	"1234567",
	"20240131",
	"99999999999999999999999999999999",
	"100000000000000000000000000000000",
};

static void test_order(void **state)
{
	const char *const *t = ORDER;

	(void)state;
	for (size_t i = 0; i < COUNT(ORDER); i++)
		for (size_t j = 0; j < COUNT(ORDER); j++) {
			int got = tag_version_compare(t[i], t[j]);

			CASE((got > 0) - (got < 0) == (i > j) - (i < j), "%s %s: %d", t[i], t[j],
			     got);
		}
}

/* Of any three, the order of two pairs gives that of the third; 0 is for equal texts only. */
static void test_total(void **state)
{
	static const char *const tags[] = {
		"1",   "01",  "1.0",  "1.00", "v1",    "V01",   "1-a", "1-A",   "1_a", "1a",
		"1-",  "1.",  "1.a",  "1-rc", "1rc01", "1rc1",  "a01", "a1",    "a-1", "a",
		"a.1", "a0b", "a00c", "1..2", "1-01",  "1-1.x", "1-2", "0001x", "1x",  "v"};
	int sign[COUNT(tags)][COUNT(tags)];

	(void)state;
	for (size_t i = 0; i < COUNT(tags); i++)
		for (size_t j = 0; j < COUNT(tags); j++) {
			int got = tag_version_compare(tags[i], tags[j]);

			sign[i][j] = (got > 0) - (got < 0);
			CASE((got == 0) == (i == j), "%s %s", tags[i], tags[j]);
		}
	for (size_t i = 0; i < COUNT(tags); i++)
		for (size_t j = 0; j < COUNT(tags); j++) {
			assert_int_equal(sign[i][j], -sign[j][i]);
			for (size_t k = 0; k < COUNT(tags); k++)
				CASE(sign[i][j] != sign[j][k] || sign[i][k] == sign[i][j],
				     "%s %s %s", tags[i], tags[j], tags[k]);
		}
}

static void test_select(void **state)
{
	static const char json[] =
		"{\"tags\":[\"sha256-"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
		"\"v1.9\",\"latest\",\"v1.10\",\"v1.10-rc1\",\"v2.0\",\"1.11\",\"v1.9\","
		"\"sha256-ab.sig\"]}";
	static const struct {
		const char *pattern;
		size_t newest;
		const char *expect;
	} cases[] = {
		{NULL, 0, "latest sha256-ab.sig v1.9 v1.10-rc1 v1.10 1.11 v2.0"},
		{"*", 2, "1.11 v2.0"},
		{"v1.*", 0, "v1.9 v1.10-rc1 v1.10"},
		{"v1.*", 1, "v1.10"},
		{"v1.?", 5, "v1.9"},
		{"[!v]*", 0, "latest sha256-ab.sig 1.11"},
		{"[[:digit:]]*", 0, "1.11"},
		{"V*", 0, ""},
		{"v1.9", 1, "v1.9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str text = STR_INIT(4096);
		struct tag_list list = TAG_LIST_INIT;
		struct err err = ERR_INIT;

		MUST(add(&list, json, &err));
		MUST(tag_list_select(&list, cases[i].pattern, cases[i].newest, &err));
		assert_string_equal(shown(&list, &text), cases[i].expect);
		tag_list_release(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_order),
		cmocka_unit_test(test_total),  cmocka_unit_test(test_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
