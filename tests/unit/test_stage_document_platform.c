#include "stage/document/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_parse(void **state)
{
	static const struct {
		const char *text, *expect; /* NULL: refused */
	} cases[] = {
		{"linux/amd64", "linux/amd64"},
		{"linux/x86_64", "linux/amd64"},
		{"linux/arm64/v8", "linux/arm64"},
		{"linux/aarch64", "linux/arm64"},
		{"linux/arm", "linux/arm/v7"},
		{"linux/armhf", "linux/arm/v7"},
		{"linux/arm/v6", "linux/arm/v6"},
		{"windows/amd64", "windows/amd64"},
		{"linux", NULL},
		{"", NULL},
		{"linux/", NULL},
		{"/amd64", NULL},
		{"linux/arm/v7/x", NULL},
		{"linux/arm/", NULL},
		{"linux/am d64", NULL},
	};
	char text[PLATFORM_TEXT_MAX];
	struct platform p;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int result = platform_parse(&p, cases[i].text, &err);

		if (cases[i].expect) {
			assert_int_equal(result, 0);
			assert_string_equal(platform_text(&p, text), cases[i].expect);
		} else {
			assert_int_equal(result, -1);
			assert_int_equal(err.code, ERR_USAGE);
		}
	}
}

static void test_matches(void **state)
{
	static const struct {
		const char *wanted;
		struct platform have;
		bool expect;
	} cases[] = {
		{"linux/amd64", {"linux", "amd64", ""}, true},
		{"linux/amd64", {"linux", "amd64", "v2"}, true},
		{"linux/amd64/v3", {"linux", "amd64", "v2"}, false},
		{"linux/arm64", {"linux", "arm64", "v8"}, true},
		{"linux/arm64/v8", {"linux", "arm64", ""}, true},
		{"linux/arm/v7", {"linux", "arm", ""}, true},
		{"linux/arm/v6", {"linux", "arm", "v7"}, false},
		{"linux/amd64", {"windows", "amd64", ""}, false},
		{"linux/amd64", {"unknown", "unknown", ""}, false},
		{"linux/amd64", {"", "", ""}, false},
	};
	struct platform wanted;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(platform_parse(&wanted, cases[i].wanted, &err), 0);
		assert_int_equal(platform_matches(&wanted, &cases[i].have), cases[i].expect);
	}
}

static void test_read(void **state)
{
	json_t *good = json_pack("{s:s, s:s}", "os", "linux", "architecture", "amd64");
	json_t *bad = json_pack("{s:s, s:i}", "os", "linux", "architecture", 5);
	json_t *slash = json_pack("{s:s}", "os", "../x");
	struct platform p;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(platform_read(&p, good, "platform", &err), 0);
	assert_string_equal(p.arch, "amd64");
	assert_false(platform_is_unknown(&p));
	assert_int_equal(platform_read(&p, bad, "platform", &err), -1);
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_int_equal(platform_read(&p, slash, "platform", &err), -1);
	assert_int_equal(platform_read(&p, NULL, "platform", &err), 0);
	json_decref(good);
	json_decref(bad);
	json_decref(slash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("stage_platform", tests, NULL, NULL);
}
