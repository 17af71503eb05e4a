#include "base/name.h"

#include "tests/unit/check.h"

#define A32   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A127  A32 A32 A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_repo(void **state)
{
	static const char *const good[] = {
		"a",
		"0",
		"a/b",
		"a/b/c/d/e/f/g",
		"a.b",
		"a_b",
		"a__b",
		"a-b",
		"a---b",
		"a.b_c__d-e",
		"gcr.io/google-samples/node-hello",
		"127.0.0.1/x",
		"v2",
		"library/x",
		"list",
		"manifest/blob/tag",
		"a/manifests.b",
		"a/blobs-1",
		"catalog",
		A127 "/" A127,
	};
	static const char *const bad[] = {
		"",
		"/",
		"a/",
		"/a",
		"a//b",
		".",
		"..",
		"../a",
		"a/..",
		"a/../b",
		"a/.",
		"./a",
		".a",
		"a.",
		"_a",
		"a_",
		"-a",
		"a-",
		"a..b",
		"a___b",
		"a._b",
		"a-.b",
		"a_-b",
		"A",
		"aB/c",
		"a b",
		"a\tb",
		"a\nb",
		"a:b",
		"a@b",
		"a\\b",
		"a%2fb",
		"a*",
		"caf\xc3\xa9",
		"a/_b",
		"_catalog",
		/* what a static tree could not tell from its own folders */
		"manifests",
		"a/manifests",
		"a/manifests/b",
		"blobs",
		"a/blobs/b",
		"tags",
		"tags/list",
		"a/tags/b",
		"referrers",
		"referrers/a",
		A127 "/" A127 "a",
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		CASE(name_check_repo(good[i], strlen(good[i]), &err) == 0, "'%s'", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CASE(name_check_repo(bad[i], strlen(bad[i]), &err) == -1, "'%s'", bad[i]);
		assert_int_equal(err.code, ERR_REFUSED);
	}
	assert_int_equal(name_check_repo("a\0b", 3, &err), -1);
	assert_int_equal(name_check_repo("abc/", 3, &err), 0);
}

static void test_tag(void **state)
{
	static const char *const good[] = {"latest", "1",    "_",  "A.b-c_D",
	                                   "v1.2.3", "a..b", "a-", A127 "a"};
	static const char *const bad[] = {"",    ".",   "..",  ".a",  "-a",       "a/b",    "a:b",
	                                  "a b", "a\n", "a+b", "a%b", "\xc3\xa9", A127 "aa"};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		CASE(name_check_tag(good[i], strlen(good[i]), &err) == 0, "'%s'", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CASE(name_check_tag(bad[i], strlen(bad[i]), &err) == -1, "'%s'", bad[i]);
		assert_int_equal(err.code, ERR_REFUSED);
	}
	assert_int_equal(name_check_tag("a\0b", 3, &err), -1);
}

struct reference_case {
	const char *text;
	const char *repo; /* NULL: refused */
	const char *tag;
	bool digest;
	enum name_note note;
	const char *stripped; /* with --strip-host; NULL: as repo */
};

static const struct reference_case references[] = {
	/* Docker's familiar form */
	{"redis", "redis", "", false, NAME_UNCHANGED, NULL},
	{"redis:7", "redis", "7", false, NAME_UNCHANGED, NULL},
	{"docker.io/redis", "redis", "", false, NAME_UNCHANGED, NULL},
	{"docker.io/library/redis:7", "redis", "7", false, NAME_UNCHANGED, NULL},
	{"index.docker.io/library/redis", "redis", "", false, NAME_UNCHANGED, NULL},
	{"library/redis", "redis", "", false, NAME_UNCHANGED, NULL},
	{"docker.io/grafana/grafana:9", "grafana/grafana", "9", false, NAME_UNCHANGED, NULL},
	{"docker.io/library/a/b", "library/a/b", "", false, NAME_UNCHANGED, NULL},
	{"library", "library", "", false, NAME_UNCHANGED, NULL},
	{"library/library", "library", "", false, NAME_UNCHANGED, NULL},
	{"libraryx/y", "libraryx/y", "", false, NAME_UNCHANGED, NULL},
	{"docker.iox/y", "docker.iox/y", "", false, NAME_UNCHANGED, "y"},
	/* hosts that stay */
	{"gcr.io/google-samples/node-hello:1.0", "gcr.io/google-samples/node-hello", "1.0", false,
         NAME_UNCHANGED, "google-samples/node-hello"},
	{"quay.io/x", "quay.io/x", "", false, NAME_UNCHANGED, "x"},
	{"gcr.io/library/x", "gcr.io/library/x", "", false, NAME_UNCHANGED, "library/x"},
	{"10.0.0.1/x", "10.0.0.1/x", "", false, NAME_UNCHANGED, "x"},
	/* hosts that cannot be part of a key */
	{"localhost/x:1", "x", "1", false, NAME_HOST_DROPPED, NULL},
	{"localhost:5000/x/y", "x/y", "", false, NAME_HOST_DROPPED, NULL},
	{"registry.example.com:5000/x/y:1", "x/y", "1", false, NAME_HOST_DROPPED, NULL},
	{"docker.io:443/x", "x", "", false, NAME_HOST_DROPPED, NULL},
	{"[::1]/x", "x", "", false, NAME_HOST_DROPPED, NULL},
	{"[fd00::1]:5000/x:t", "x", "t", false, NAME_HOST_DROPPED, NULL},
	{"MyRegistry/x", "x", "", false, NAME_HOST_DROPPED, NULL},
	{"Quay.IO/x", "x", "", false, NAME_HOST_DROPPED, NULL},
	/* what looks like a host but is not the first of several */
	{"localhost", "localhost", "", false, NAME_UNCHANGED, NULL},
	{"localhost:5000", "localhost", "5000", false, NAME_UNCHANGED, NULL},
	{"localhosts/x", "localhosts/x", "", false, NAME_UNCHANGED, NULL},
	{"a/b.c/d", "a/b.c/d", "", false, NAME_UNCHANGED, NULL},
	/* digests */
	{"a@sha256:" HEX64, "a", "", true, NAME_UNCHANGED, NULL},
	{"gcr.io/a:1@sha256:" HEX64, "gcr.io/a", "1", true, NAME_UNCHANGED, "a"},
	{"h:1/a:t@sha256:" HEX64, "a", "t", true, NAME_HOST_DROPPED, NULL},
	/* refused */
	{"", NULL, NULL, false, 0, NULL},
	{":tag", NULL, NULL, false, 0, NULL},
	{"a:", NULL, NULL, false, 0, NULL},
	{"a:b:c", NULL, NULL, false, 0, NULL},
	{"a@", NULL, NULL, false, 0, NULL},
	{"a@latest", NULL, NULL, false, 0, NULL},
	{"a@sha256:" HEX64 "@sha256:" HEX64, NULL, NULL, false, 0, NULL},
	{"@sha256:" HEX64, NULL, NULL, false, 0, NULL},
	{"/a", NULL, NULL, false, 0, NULL},
	{"localhost/", NULL, NULL, false, 0, NULL},
	{"docker.io/", NULL, NULL, false, 0, NULL},
	{"docker.io/library/", NULL, NULL, false, 0, NULL},
	{"a/B", NULL, NULL, false, 0, NULL},
	{"a/../b", NULL, NULL, false, 0, NULL},
	{"../../etc/passwd", NULL, NULL, false, 0, NULL},
	{"localhost/manifests", NULL, NULL, false, 0, NULL},
	{"a b", NULL, NULL, false, 0, NULL},
	{"h:1/h:2/a", NULL, NULL, false, 0, NULL},
	{"https://gcr.io/a", NULL, NULL, false, 0, NULL},
};

static void check_reference(const struct reference_case *c, enum name_hosts hosts)
{
	const char *repo = hosts == NAME_STRIP_HOSTS && c->stripped ? c->stripped : c->repo;
	struct err err = ERR_INIT;
	struct reference ref;
	enum name_note note;
	int got = reference_parse(&ref, c->text, hosts, &note, &err);

	CASE((got == 0) == (repo != NULL), "'%s': %d %s", c->text, got, err.message);
	if (got < 0)
		return;
	CASE(strcmp(ref.repo, repo) == 0, "'%s': '%s'", c->text, ref.repo);
	CASE(strcmp(ref.tag, c->tag) == 0, "'%s': tag '%s'", c->text, ref.tag);
	CASE((ref.digest.alg == DIGEST_SHA256) == c->digest, "'%s': digest", c->text);
	CASE(note == (hosts == NAME_STRIP_HOSTS && c->stripped ? NAME_HOST_DROPPED : c->note),
	     "'%s': note %d", c->text, note);
}

static void test_reference(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(references); i++) {
		check_reference(&references[i], NAME_KEEP_HOSTS);
		check_reference(&references[i], NAME_STRIP_HOSTS);
	}
}

static void test_plain(void **state)
{
	static const struct {
		const char *text, *repo, *tag;
	} cases[] = {
		{"library/x", "library/x", ""},
		{"docker.io/x:1", "docker.io/x", "1"},
		{"localhost/x", "localhost/x", ""},
		{"a/b/c:d.e", "a/b/c", "d.e"},
		{"h:5/x", NULL, NULL},
		{"[::1]/x", NULL, NULL},
		{"Host/x", NULL, NULL},
		{"", NULL, NULL},
		{":x", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct reference ref;
		int got = reference_parse_plain(&ref, cases[i].text, &err);

		CASE((got == 0) == (cases[i].repo != NULL), "'%s'", cases[i].text);
		if (got == 0) {
			assert_string_equal(ref.repo, cases[i].repo);
			assert_string_equal(ref.tag, cases[i].tag);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repo),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
