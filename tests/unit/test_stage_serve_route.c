#include "unit.h"

#include "base/str.h"
#include "stage/serve/route.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *target;
	enum route_kind kind;
	bool digest;
	const char *repo, *tag;
} CASES[] = {
	{"/", ROUTE_HOME, false, "", ""},
	{"/?x", ROUTE_HOME, false, "", ""},
	{"/index.html", ROUTE_PAGE, false, "", ""},
	{"/page/a/b/_index.html?x=%zz", ROUTE_PAGE, false, "", ""},
	{"/page/a/b/_index.html", ROUTE_PAGE, false, "", ""},
	{"/page/a/_images-3f.html", ROUTE_PAGE, false, "", ""},
	{"/page/a/_images-3g.html", ROUTE_UNKNOWN, false, "", ""},
	{"/page/a/", ROUTE_UNKNOWN, false, "", ""},
	{"/page/../.drydock/_index.html", ROUTE_UNKNOWN, false, "", ""},
	{"/page/a/%2e%2e/_index.html", ROUTE_UNKNOWN, false, "", ""},
	{"//index.html", ROUTE_UNKNOWN, false, "", ""},
	{"/v2", ROUTE_PING, false, "", ""},
	{"/v2/", ROUTE_PING, false, "", ""},
	{"http://host:5000/v2/", ROUTE_PING, false, "", ""},
	{"https://host?a", ROUTE_HOME, false, "", ""},
	{"/%762/", ROUTE_PING, false, "", ""},
	{"/v2/_catalog", ROUTE_CATALOG, false, "", ""},
	{"/v2/app/tags/list", ROUTE_TAGS_LIST, false, "app", ""},
	{"/v2/a/b/tags/list", ROUTE_TAGS_LIST, false, "a/b", ""},
	{"/v2/a%2Fb/tags/list", ROUTE_TAGS_LIST, false, "a/b", ""},
	{"/v2/app/manifests/1.0", ROUTE_MANIFEST, false, "app", "1.0"},
	{"/v2/app/manifests/list", ROUTE_MANIFEST, false, "app", "list"},
	{"/v2/app/manifests/sha256:" HEX64, ROUTE_MANIFEST, true, "app", ""},
	{"/v2/app/manifests/sha256%3a" HEX64, ROUTE_MANIFEST, true, "app", ""},
	{"/v2/app/manifests/sha256-" HEX64, ROUTE_MANIFEST, false, "app", "sha256-" HEX64},
	{"/v2/app/blobs/sha512:" HEX64 HEX64, ROUTE_BLOB, true, "app", ""},
	{"/v2/app/referrers/sha256:" HEX64, ROUTE_REFERRERS, true, "app", ""},
	/* Well formed, and nowhere. */
	{"/v2/app/manifests/.INVALID_MANIFEST_NAME", ROUTE_MANIFEST, false, "app", ""},
	{"/v2/app/blobs/blake3:abc", ROUTE_BLOB, false, "app", ""},
	{"/v2/app/blobs/a+b.c_d-e:A=_-", ROUTE_BLOB, false, "app", ""},
	{"/v2/app/referrers/md5:00", ROUTE_REFERRERS, false, "app", ""},
	/* Broken digests. */
	{"/v2/app/blobs/sha256:abc", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/blobs/latest", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/blobs/sha256:" HEX64 "0", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/manifests/sha256:", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/manifests/:x", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/manifests/UPPER:x", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/manifests/a-:x", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/manifests/a:b:c", ROUTE_BAD_DIGEST, false, "app", ""},
	{"/v2/app/referrers/x", ROUTE_BAD_DIGEST, false, "app", ""},
	/* What no repository is called, and what is no endpoint. */
	{"/v2/App/manifests/1", ROUTE_BAD_NAME, false, "", ""},
	{"/v2/../manifests/1", ROUTE_BAD_NAME, false, "", ""},
	{"/v2/a/../../.drydock/manifests/1", ROUTE_BAD_NAME, false, "", ""},
	{"/v2//manifests/1", ROUTE_BAD_NAME, false, "", ""},
	{"/v2/a/manifests/b/manifests/1", ROUTE_BAD_NAME, false, "", ""},
	{"/v2/manifests/1", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app/tags/all", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app/manifests/1/", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app", ROUTE_UNKNOWN, false, "", ""},
	{"/v1/", ROUTE_UNKNOWN, false, "", ""},
	{"/.drydock/state.db", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app/manifests/%00", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app/manifests/%4", ROUTE_UNKNOWN, false, "", ""},
	{"*", ROUTE_UNKNOWN, false, "", ""},
	{"/v2/app/blobs/uploads/", ROUTE_UPLOAD, false, "", ""},
	{"/v2/app/blobs/uploads/some-id", ROUTE_UPLOAD, false, "", ""},
};

static void knows_every_endpoint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct route route;

		route_parse(&route, CASES[i].target);
		if (route.kind != CASES[i].kind)
			fail_msg("%s: kind %d", CASES[i].target, (int)route.kind);
		if (route.kind <= ROUTE_BAD_QUERY)
			continue; /* the rest says nothing */
		assert_string_equal(route.repo, CASES[i].repo);
		assert_string_equal(route.tag, CASES[i].tag);
		assert_int_equal(route.digest.alg != DIGEST_NONE, CASES[i].digest);
	}
}

static void reads_the_query(void **state)
{
	struct route route;

	(void)state;
	route_parse(&route, "/v2/app/tags/list?n=12&last=1.0&x=%20");
	assert_int_equal(route.kind, ROUTE_TAGS_LIST);
	assert_true(route.limited);
	assert_int_equal(route.n, 12);
	assert_string_equal(route.last, "1.0");
	route_parse(&route, "/v2/_catalog?last=a%2Fb&&n=0");
	assert_true(route.limited);
	assert_int_equal(route.n, 0);
	assert_string_equal(route.last, "a/b");
	route_parse(&route, "/v2/_catalog?n=99999999999999999999999");
	assert_true(route.n == UINT64_MAX);
	route_parse(&route, "/v2/_catalog?nn=1");
	assert_false(route.limited);
	route_parse(&route, "/v2/app/referrers/sha256:" HEX64 "?artifactType=a/b+json");
	assert_string_equal(route.artifact_type, "a/b+json");
	route_parse(&route, "/v2/app/referrers/sha256:" HEX64 "?artifactType=a%2Fb%2Bjson");
	assert_string_equal(route.artifact_type, "a/b+json");
}

static void refuses_a_query_that_cannot_be_read(void **state)
{
	static const char *const targets[] = {"n=",  "n",        "n=-1",    "n=1x",
	                                      "n=%", "last=%zz", "last=%00"};
	char target[64];
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		(void)snprintf(target, sizeof(target), "/v2/app/tags/list?%s", targets[i]);
		route_parse(&route, target);
		if (route.kind != ROUTE_BAD_QUERY)
			fail_msg("%s: kind %d", target, (int)route.kind);
	}
}

static enum route_kind kind_of_long(size_t len)
{
	struct str target = STR_INIT(1 << 20);
	struct route route;

	(void)str_adds(&target, "/v2/");
	for (size_t i = 0; i < len; i++)
		(void)str_addc(&target, 'a');
	(void)str_adds(&target, "/tags/list");
	route_parse(&route, str_text(&target));
	str_release(&target);
	return route.kind;
}

static void bears_long_targets(void **state)
{
	(void)state;
	assert_int_equal(kind_of_long(REPO_MAX), ROUTE_TAGS_LIST);
	assert_int_equal(kind_of_long(REPO_MAX + 1), ROUTE_BAD_NAME);
	assert_int_equal(kind_of_long(100000), ROUTE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_endpoint),
		cmocka_unit_test(reads_the_query),
		cmocka_unit_test(refuses_a_query_that_cannot_be_read),
		cmocka_unit_test(bears_long_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
