#include "sync/s3/etag.h"

#include "base/part_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parts of 5 MiB of 'A', 'B' and 'C': measured against S3. */
static void composite_vector(void **state)
{
	uint8_t md5[3][MD5_BYTES];
	char *part = malloc(5 * MIB), text[ETAG_TEXT_MAX];
	struct err err = ERR_INIT;
	struct etag etag;

	(void)state;
	assert_non_null(part);
	for (int i = 0; i < 3; i++) {
		memset(part, 'A' + i, 5 * MIB);
		assert_int_equal(hash_once(HASH_MD5, part, 5 * MIB, md5[i], &err), 0);
	}
	free(part);
	assert_int_equal(etag_of_parts(&etag, (const uint8_t(*)[MD5_BYTES])md5, 3, &err), 0);
	assert_string_equal(etag_text(&etag, text), "b2add96cc9702bbf4efb0ccdfc6b7747-3");
}

/* FP4, FY5: by value, whatever the case. */
static void compares(void **state)
{
	static const char *const lower = "b2add96cc9702bbf4efb0ccdfc6b7747";
	uint8_t md5[MD5_BYTES];

	(void)state;
	assert_int_equal(hex_parse(lower, 2 * MD5_BYTES, md5, MD5_BYTES), 0);
	assert_true(etag_same(lower, "B2ADD96CC9702BBF4EFB0CCDFC6B7747"));
	assert_true(etag_same("b2add96cc9702bbf4efb0ccdfc6b7747-3",
	                      "B2ADD96CC9702BBF4EFB0CCDFC6B7747-3"));
	assert_false(etag_same(lower, "b2add96cc9702bbf4efb0ccdfc6b7747-3"));
	assert_false(etag_same(lower, "b2add96cc9702bbf4efb0ccdfc6b7748"));
	assert_false(etag_same(lower, ""));
	assert_true(etag_same("CLaTqgMDzPACEAE=", "CLaTqgMDzPACEAE="));
	assert_false(etag_same("CLaTqgMDzPACEAE=", "clatqgmdzpaceae="));
	assert_true(etag_is_md5("B2ADD96CC9702BBF4EFB0CCDFC6B7747", md5));
	assert_false(etag_is_md5("B2ADD96CC9702BBF4EFB0CCDFC6B7747-1", md5));
	assert_false(etag_is_md5("", md5));
}

static void parses(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint32_t parts;
	} cases[] = {
		{"d41d8cd98f00b204e9800998ecf8427e", true, 0},
		{"D41D8CD98F00B204E9800998ECF8427E", true, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-3", true, 3},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-10000", true, 10000},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-10001", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-0", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-03", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747-3x", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b7747x3", false, 0},
		{"b2add96cc9702bbf4efb0ccdfc6b774", false, 0},
		{"g2add96cc9702bbf4efb0ccdfc6b7747", false, 0},
		{"CLaTqgMDzPACEAE=", false, 0},
		{"", false, 0},
	};
	struct etag etag, again;
	char text[ETAG_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(etag_parse(&etag, cases[i].text), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_int_equal(etag.parts, cases[i].parts);
		assert_true(etag_parse(&again, etag_text(&etag, text)));
		assert_true(etag_equal(&etag, &again));
	}
}

/* E1: part size P of an object of S bytes in N parts satisfies S/N <= P < S/(N-1). */
static void candidates(void **state)
{
	static const struct {
		uint64_t size;
		uint32_t parts;
		int count;
		uint64_t first, last;
	} cases[] = {
		{20 * MIB, 3, 1, 8 * MIB, 8 * MIB},
		{20 * MIB, 2, 3, 10 * MIB, 16 * MIB},
		{20 * MIB, 4, 1, 5 * MIB, 5 * MIB},
		{20 * MIB, 1, 0, 0, 0},
		{20 * MIB, 0, 0, 0, 0},
		{20 * MIB, 9, 0, 0, 0},
		{100 * MIB, 2, 3, 50 * MIB, 64 * MIB},
		{1000000000, 20, 2, 50000000, 50 * MIB},
	};
	uint64_t found[ETAG_CANDIDATES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int n = etag_candidates(cases[i].size, cases[i].parts, found);

		for (int k = 0; k < n; k++) {
			assert_true(found[k] * cases[i].parts >= cases[i].size);
			assert_true(found[k] * (cases[i].parts - 1) < cases[i].size);
			assert_true(k == 0 || found[k] > found[k - 1]);
		}
		assert_int_equal(n, cases[i].count);
		if (n > 0) {
			assert_int_equal(found[0], cases[i].first);
			assert_int_equal(found[n - 1], cases[i].last);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composite_vector),
		cmocka_unit_test(compares),
		cmocka_unit_test(parses),
		cmocka_unit_test(candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
