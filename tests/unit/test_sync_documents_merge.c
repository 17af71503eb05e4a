#include "sync/documents/merge.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEAD                                                                                       \
	"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","          \
	"\"manifests\":["
#define ENTRY(hex, size, more)                                                                     \
	"{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:" hex   \
	"\",\"size\":" size more "}"
#define DEEP10  "[[[[[[[[[["
#define DEEP    DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10
#define A       ENTRY(HEX_A, "1", "")
#define A_NOTED ENTRY(HEX_A, "1", ",\"annotations\":{\"k\":\"v\"}")
#define B       ENTRY(HEX_B, "2", ",\"artifactType\":\"application/x\"")

static void unites_referrers(void **state)
{
	static const struct {
		const char *theirs, *ours, *want; /* want NULL: refused */
		size_t skipped;
		enum err_code code;
	} cases[] = {
		{HEAD "]}", HEAD "]}", HEAD "]}", 0, ERR_NONE},
		{HEAD A "]}", HEAD "]}", HEAD A "]}", 0, ERR_NONE},
		{HEAD "]}", HEAD B "]}", HEAD B "]}", 0, ERR_NONE},
		{HEAD B "]}", HEAD A "]}", HEAD A "," B "]}", 0, ERR_NONE},
		{HEAD A_NOTED "]}", HEAD A "]}", HEAD A_NOTED "]}", 0, ERR_NONE}, /* theirs stays */
		{HEAD A "]}", HEAD A_NOTED "]}", HEAD A "]}", 0, ERR_NONE},
		{"{}", HEAD A "]}", HEAD A "]}", 0, ERR_NONE},
		{"no JSON", HEAD A "]}", NULL, 0, ERR_MALFORMED},
		/* One bad entry costs the others nothing. */
		{HEAD "{}," B "]}", HEAD A "]}", HEAD A "," B "]}", 1, ERR_NONE},
		{HEAD "7]}", HEAD A "]}", HEAD A "]}", 1, ERR_NONE},
		{HEAD B "," ENTRY("../../x", "1", "") ",[]]}", HEAD A "]}", HEAD A "," B "]}", 2,
	         ERR_NONE},
		{HEAD ENTRY(HEX_B, "-1", "") "]}", HEAD A "]}", HEAD A "]}", 1, ERR_NONE},
		/* Not theirs to blame. */
		{DEEP, HEAD A "]}", NULL, 0, ERR_REFUSED},
		{HEAD B "]}", "no JSON", NULL, 0, ERR_INTEGRITY},
		{HEAD B "]}", HEAD "7]}", NULL, 0, ERR_INTEGRITY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_STR struct str out = STR_INIT(1 << 20);
		struct err err = ERR_INIT;
		size_t skipped = 99;
		int result = merge_referrers(&out, cases[i].theirs, strlen(cases[i].theirs),
		                             cases[i].ours, strlen(cases[i].ours), &skipped, &err);

		assert_int_equal(result, cases[i].want ? 0 : -1);
		assert_int_equal(skipped, cases[i].skipped);
		if (cases[i].want)
			assert_string_equal(str_text(&out), cases[i].want);
		else
			assert_int_equal(err.code, cases[i].code);
	}
}

static void refuses_a_union_too_large(void **state)
{
	static const char theirs[] = HEAD A "]}", ours[] = HEAD B "]}";
	AUTO_STR struct str out = STR_INIT(sizeof(HEAD A "]}"));
	struct err err = ERR_INIT;
	size_t skipped;

	(void)state;
	assert_int_equal(
		merge_referrers(&out, theirs, strlen(theirs), ours, strlen(ours), &skipped, &err),
		-1);
	assert_int_equal(err.code, ERR_REFUSED);
}

static void reads_catalogs(void **state)
{
	static const char text[] = "{\"repositories\":[\"a\",\"../b\",7,\"c/d\",\"UPPER\"]}";
	struct name_list names = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(merge_catalog(&names, text, strlen(text), &err), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.list[0], "a");
	assert_string_equal(names.list[1], "c/d");
	name_list_release(&names);
	assert_int_equal(merge_catalog(&names, "[", 1, &err), -1);
	assert_int_equal(names.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unites_referrers),
		cmocka_unit_test(refuses_a_union_too_large),
		cmocka_unit_test(reads_catalogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
