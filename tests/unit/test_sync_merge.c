#include "sync/merge.h"

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
#define A       ENTRY(HEX_A, "1", "")
#define A_NOTED ENTRY(HEX_A, "1", ",\"annotations\":{\"k\":\"v\"}")
#define B       ENTRY(HEX_B, "2", ",\"artifactType\":\"application/x\"")

static void unites_referrers(void **state)
{
	static const struct {
		const char *theirs, *ours, *want; /* want NULL: refused */
	} cases[] = {
		{HEAD "]}", HEAD "]}", HEAD "]}"},
		{HEAD A "]}", HEAD "]}", HEAD A "]}"},
		{HEAD "]}", HEAD B "]}", HEAD B "]}"},
		{HEAD B "]}", HEAD A "]}", HEAD A "," B "]}"},
		{HEAD A_NOTED "]}", HEAD A "]}", HEAD A_NOTED "]}"}, /* theirs stays */
		{HEAD A "]}", HEAD A_NOTED "]}", HEAD A "]}"},
		{"{}", HEAD A "]}", HEAD A "]}"},
		{"no JSON", HEAD A "]}", NULL},
		{HEAD "{}]}", HEAD A "]}", NULL},
		{HEAD "7]}", HEAD A "]}", NULL},
		{HEAD ENTRY("../../x", "1", "") "]}", HEAD A "]}", NULL},
		{HEAD ENTRY(HEX_B, "-1", "") "]}", HEAD A "]}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_STR struct str out = STR_INIT(1 << 20);
		struct err err = ERR_INIT;
		int result = merge_referrers(&out, cases[i].theirs, strlen(cases[i].theirs),
		                             cases[i].ours, strlen(cases[i].ours), &err);

		assert_int_equal(result, cases[i].want ? 0 : -1);
		if (cases[i].want)
			assert_string_equal(str_text(&out), cases[i].want);
	}
}

static void reads_catalogs(void **state)
{
	static const char text[] = "{\"repositories\":[\"a\",\"../b\",7,\"c/d\",\"UPPER\"]}";
	struct names names = {0};
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(merge_catalog(&names, text, strlen(text), &err), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.list[0], "a");
	assert_string_equal(names.list[1], "c/d");
	names_release(&names);
	assert_int_equal(merge_catalog(&names, "[", 1, &err), -1);
	assert_int_equal(names.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unites_referrers),
		cmocka_unit_test(reads_catalogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
