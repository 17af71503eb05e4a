#include "base/digest.h"

#include "tests/unit/check.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define HEX64 HEX32 HEX32

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum digest_alg alg; /* DIGEST_NONE: refused */
	} cases[] = {
		{"sha256:" HEX64, DIGEST_SHA256},
		{"sha512:" HEX64 HEX64, DIGEST_SHA512},
		{"", DIGEST_NONE},
		{":", DIGEST_NONE},
		{"sha256", DIGEST_NONE},
		{"sha256:", DIGEST_NONE},
		{"sha256:" HEX32, DIGEST_NONE},
		{"sha256:" HEX64 "0", DIGEST_NONE},
		{"sha256:" HEX64 HEX64, DIGEST_NONE},
		{"sha512:" HEX64, DIGEST_NONE},
		{"SHA256:" HEX64, DIGEST_NONE},
		{"sha256-" HEX64, DIGEST_NONE},
		{"md5:" HEX32, DIGEST_NONE},
		{" sha256:" HEX64, DIGEST_NONE},
		{"sha256:" HEX64 "\n", DIGEST_NONE},
		{"sha256:" HEX32 "0123456789ABCDEF0123456789abcdef", DIGEST_NONE},
		{"sha256:" HEX32 "0123456789abcdeg0123456789abcdef", DIGEST_NONE},
		{"sha256:" HEX32 "/../../../../../../../etc/passwd", DIGEST_NONE},
		{"sha256:../../../../../../../../../../../../../../../../../etc/passwd0",
	         DIGEST_NONE},
		{HEX64, DIGEST_NONE},
	};
	static const struct digest none;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct digest d;
		int got = digest_parse(&d, cases[i].text, strlen(cases[i].text), &err);
		char text[DIGEST_TEXT_MAX];

		CASE((got == 0) == (cases[i].alg != DIGEST_NONE), "'%s': %d", cases[i].text, got);
		if (got == 0) {
			assert_int_equal(d.alg, cases[i].alg);
			assert_string_equal(digest_text(&d, text), cases[i].text);
			assert_string_equal(digest_hex(&d, text), cases[i].text + 7);
		} else {
			assert_int_equal(err.code, ERR_MALFORMED);
		}
		/* A text that is no digest leaves none behind, so that nobody can use half of one.
		 */
		memset(&d, 0x55, sizeof(d));
		assert_int_equal(digest_parse_quiet(&d, cases[i].text, strlen(cases[i].text)),
		                 got == 0);
		if (got < 0)
			assert_memory_equal(&d, &none, sizeof(d));
	}
}

/* The length counts, not a NUL: the text may be part of something longer, or hold a NUL. */
static void test_parse_length(void **state)
{
	static const char text[] = "sha256:" HEX64 "rest";
	static const char nul[] = "sha256:" HEX32 "\0"
				  "123456789abcdef0123456789abcdef";
	struct err err = ERR_INIT;
	struct digest d;

	(void)state;
	MUST(digest_parse(&d, text, 71, &err));
	MUST_FAIL(digest_parse(&d, text, 70, &err), ERR_MALFORMED);
	MUST_FAIL(digest_parse(&d, text, 72, &err), ERR_MALFORMED);
	MUST_FAIL(digest_parse(&d, nul, 71, &err), ERR_MALFORMED);
}

static void test_error_is_bounded(void **state)
{
	static char huge[100000];
	struct err err = ERR_INIT;
	struct digest d;

	(void)state;
	memset(huge, 'a', sizeof(huge));
	MUST_FAIL(digest_parse(&d, huge, sizeof(huge), &err), ERR_MALFORMED);
	assert_true(strlen(err.message) < 400);
}

static struct digest digest_of(const char *text)
{
	struct err err = ERR_INIT;
	struct digest d;

	MUST(digest_parse(&d, text, strlen(text), &err));
	return d;
}

static void test_compare(void **state)
{
	struct digest sorted[] = {
		digest_of("sha256:" HEX32 "00000000000000000000000000000000"),
		digest_of("sha256:" HEX64),
		digest_of("sha256:ff23456789abcdef0123456789abcdef" HEX32),
		digest_of("sha512:" HEX64 HEX32 "00000000000000000000000000000000"),
		digest_of("sha512:" HEX64 HEX64),
	};

	(void)state;
	for (size_t a = 0; a < COUNT(sorted); a++)
		for (size_t b = 0; b < COUNT(sorted); b++) {
			int order = digest_compare(&sorted[a], &sorted[b]);

			assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
			assert_int_equal(digest_equal(&sorted[a], &sorted[b]), a == b);
		}
}

static void test_blob_form(void **state)
{
	static const uint8_t sha256[32] = {1, 2, 3};
	struct digest cases[] = {digest_from_sha256(sha256), digest_of("sha512:" HEX64 HEX64)};
	uint8_t blob[DIGEST_BLOB_MAX + 1];
	struct digest back;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = digest_to_blob(&cases[i], blob);

		assert_int_equal(len, 1 + digest_size(cases[i].alg));
		assert_int_equal(blob[0], i + 1); /* stored: must never change */
		assert_true(digest_from_blob(&back, blob, len));
		assert_true(digest_equal(&back, &cases[i]));
		assert_false(digest_from_blob(&back, blob, len - 1));
		assert_false(digest_from_blob(&back, blob, len + 1));
		assert_false(digest_from_blob(&back, blob, 0));
		blob[0] = 0;
		assert_false(digest_from_blob(&back, blob, len));
		blob[0] = 3;
		assert_false(digest_from_blob(&back, blob, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_length),
		cmocka_unit_test(test_error_is_bounded),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_blob_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
