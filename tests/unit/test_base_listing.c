#include "base/listing.h"

#include "tests/unit/check.h"

static void test_tags(void **state)
{
	static const struct {
		const char *tags[6];
		size_t count;
		const char *json;
	} cases[] = {
		{{NULL}, 0, "{\"name\":\"a/b\",\"tags\":[]}"},
		{{"x"}, 1, "{\"name\":\"a/b\",\"tags\":[\"x\"]}"},
		/* bytes, not a locale: capitals, then '_', then small letters */
		{{"b", "a", "B", "_", "10", "9"},
	         6,
	         "{\"name\":\"a/b\",\"tags\":[\"10\",\"9\",\"B\",\"_\",\"a\",\"b\"]}"},
		{{"b", "a", "b", "a", "a"}, 5, "{\"name\":\"a/b\",\"tags\":[\"a\",\"b\"]}"},
		{{"a\"\\\n"}, 1, "{\"name\":\"a/b\",\"tags\":[\"a\\\"\\\\\\u000a\"]}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str out = STR_INIT(1000);
		struct err err = ERR_INIT;

		MUST(listing_tags(&out, "a/b", cases[i].tags, cases[i].count, &err));
		assert_string_equal(str_text(&out), cases[i].json);
	}
}

static void test_catalog(void **state)
{
	static const char *const repos[] = {"b/c", "a-b", "a/b", "a", "a/b"};
	AUTO_STR struct str out = STR_INIT(1000);
	struct err err = ERR_INIT;

	(void)state;
	MUST(listing_catalog(&out, repos, COUNT(repos), &err));
	assert_string_equal(str_text(&out), "{\"repositories\":[\"a\",\"a-b\",\"a/b\",\"b/c\"]}");
	str_clear(&out);
	MUST(listing_catalog(&out, NULL, 0, &err));
	assert_string_equal(str_text(&out), "{\"repositories\":[]}");
}

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"

static void test_referrers(void **state)
{
	struct listing_descriptor m[4] = {
		{.media_type = "application/vnd.oci.image.manifest.v1+json",
	         .size_bytes = 18446744073709551615u},
		{.media_type = "t", .artifact_type = "sig", .annotations_json = "{\"k\":\"v\"}"},
		{.media_type = "second", .size_bytes = 1},
		{.media_type = "t\"2", .artifact_type = ""},
	};
	AUTO_STR struct str out = STR_INIT(2000);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(m); i++)
		m[i].digest.alg = DIGEST_SHA256;
	m[0].digest.bytes[0] = 2;
	m[1].digest.bytes[0] = m[2].digest.bytes[0] = 1; /* of two the first stays */
	m[3].digest.bytes[0] = 0xff;
	MUST(listing_referrers(&out, m, COUNT(m), &err));
	assert_string_equal(
		str_text(&out),
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
		"\"manifests\":["
		"{\"mediaType\":\"t\",\"digest\":\"sha256:01" ZEROS62 "\",\"size\":0,"
		"\"artifactType\":\"sig\",\"annotations\":{\"k\":\"v\"}},"
		"{\"mediaType\":\"application/"
		"vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:02" ZEROS62
		"\",\"size\":18446744073709551615},"
		"{\"mediaType\":\"t\\\"2\",\"digest\":\"sha256:ff" ZEROS62 "\",\"size\":0}]}");
	str_clear(&out);
	MUST(listing_referrers(&out, NULL, 0, &err));
	assert_string_equal(str_text(&out),
	                    "{\"schemaVersion\":2,\"mediaType\":"
	                    "\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}");
}

static void test_bound(void **state)
{
	static const char *const names[] = {"aaaaaaaaaa", "bbbbbbbbbb"};
	AUTO_STR struct str out = STR_INIT(30);
	struct err err = ERR_INIT;

	(void)state;
	MUST_FAIL(listing_tags(&out, "r", names, 2, &err), ERR_MEMORY);
	str_clear(&out);
	MUST_FAIL(listing_catalog(&out, names, 2, &err), ERR_MEMORY);
	str_clear(&out);
	MUST_FAIL(listing_referrers(&out, NULL, 0, &err), ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_referrers),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
