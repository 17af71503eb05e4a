/* docker://… as people type it: host, port, name, tag or pattern, digest. */
#include "stage/registry/reference.h"

#include "tests/unit/check.h"

#define HEX    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST "sha256:" HEX

static void test_parse(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		const char *repo, *tag;
		bool pattern, digest;
		const char *printed; /* NULL: as text */
	} cases[] = {
		{"docker://alpine", "docker.io", 0, "library/alpine", "latest", false, false,
	         "docker://docker.io/library/alpine:latest"},
		{"docker://org/app:1", "docker.io", 0, "org/app", "1", false, false,
	         "docker://docker.io/org/app:1"},
		{"docker://docker.io/alpine:3.19", "docker.io", 0, "library/alpine", "3.19", false,
	         false, "docker://docker.io/library/alpine:3.19"},
		{"docker://docker.io/library/alpine:3.19", "docker.io", 0, "library/alpine", "3.19",
	         false, false, NULL},
		{"docker://index.docker.io/alpine:1", "docker.io", 0, "library/alpine", "1", false,
	         false, "docker://docker.io/library/alpine:1"},
		/* Another port is another registry. */
		{"docker://docker.io:444/alpine:1", "docker.io", 444, "alpine", "1", false, false,
	         NULL},
		{"docker://index.docker.io:444/a:1", "index.docker.io", 444, "a", "1", false, false,
	         NULL},
		{"docker://ghcr.io/org/app:1", "ghcr.io", 0, "org/app", "1", false, false, NULL},
		{"docker://quay.example/app:1", "quay.example", 0, "app", "1", false, false, NULL},
		{"docker://GHCR.io/org/app:1", "ghcr.io", 0, "org/app", "1", false, false,
	         "docker://ghcr.io/org/app:1"},
		{"docker://localhost/app:1", "localhost", 0, "app", "1", false, false, NULL},
		{"docker://localhost:5000/a/b/c:T_.-1", "localhost", 5000, "a/b/c", "T_.-1", false,
	         false, NULL},
		{"docker://[::1]:5000/app:1", "[::1]", 5000, "app", "1", false, false, NULL},
		{"docker://reg:5000/app:1", "reg", 5000, "app", "1", false, false, NULL},
		/* No slash, no host: a name and a tag. */
		{"docker://localhost:5000", "docker.io", 0, "library/localhost", "5000", false,
	         false, "docker://docker.io/library/localhost:5000"},
		/* A digest alone has no tag; both are kept. */
		{"docker://ghcr.io/a@" DIGEST, "ghcr.io", 0, "a", "", false, true, NULL},
		{"docker://ghcr.io/a:1@" DIGEST, "ghcr.io", 0, "a", "1", false, true, NULL},
		/* Patterns. */
		{"docker://ghcr.io/a:v1.*", "ghcr.io", 0, "a", "v1.*", true, false, NULL},
		{"docker://ghcr.io/a:*", "ghcr.io", 0, "a", "*", true, false, NULL},
		{"docker://ghcr.io/a:1.?", "ghcr.io", 0, "a", "1.?", true, false, NULL},
		{"docker://ghcr.io/a:[!a-z]*", "ghcr.io", 0, "a", "[!a-z]*", true, false, NULL},
		{"docker://ghcr.io/a:[[:digit:]]*", "ghcr.io", 0, "a", "[[:digit:]]*", true, false,
	         NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str text = STR_INIT(REGISTRY_REFERENCE_MAX);
		struct registry_reference ref, again;
		struct err err = ERR_INIT;

		MUST(registry_reference_parse(&ref, cases[i].text, &err));
		assert_string_equal(ref.host, cases[i].host);
		assert_int_equal(ref.port, cases[i].port);
		assert_string_equal(ref.repo, cases[i].repo);
		assert_string_equal(ref.tag, cases[i].tag);
		CASE(ref.tag_is_pattern == cases[i].pattern, "%s", cases[i].text);
		CASE((ref.digest.alg == DIGEST_SHA256) == cases[i].digest, "%s", cases[i].text);
		assert_int_equal(registry_reference_text(&ref, &text), 0);
		assert_string_equal(str_text(&text),
		                    cases[i].printed ? cases[i].printed : cases[i].text);
		MUST(registry_reference_parse(&again, str_text(&text), &err));
		assert_memory_equal(&again, &ref, sizeof(ref));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"ghcr.io/a", "docker://"},
		{"docker:/ghcr.io/a", "docker://"},
		{"docker://", "repository name"},
		{"docker:///a", "repository name"},
		{"docker://ghcr.io/", "repository name"},
		{"docker://ghcr.io//a", "repository name"},
		{"docker://ghcr.io/App", "upper-case"},
		{"docker://App:1", "upper-case"},
		{"docker://App/a", "upper-case"},
		{"docker://a/manifests/b", "manifests"},
		{"docker://ghcr.io/a:", "tag"},
		{"docker://ghcr.io/a:.1", "tag"},
		{"docker://ghcr.io/a:1:2", "tag"},
		{"docker://ghcr.io/a:{1,2}*", "wildcards"},
		{"docker://ghcr.io/a:v* ", "wildcards"},
		{"docker://ghcr.io/a@sha256:12", "sha256"},
		{"docker://ghcr.io/a@", "digest"},
		{"docker://ghcr.io/a:*@" DIGEST, "pattern"},
		{"docker://https://ghcr.io/a", "host"},
		{"docker://ghcr.io:/a", "host"},
		{"docker://ghcr.io:99999/a", "host"},
		{"docker://gh..cr/a", "host"},
		{"docker://gh\ncr.io/a", "host"},
		{"docker://ghcr.io?x/a", "host"},
		{"docker://user:secret@ghcr.io/a", "user names"},
		{"docker://secret@ghcr.io/a", "user names"},
	};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_reference ref;
		struct err err = ERR_INIT;

		if (registry_reference_parse(&ref, cases[i].text, &err) == 0)
			fail_msg("accepted: %s", cases[i].text);
		CASE(err.code == ERR_USAGE, "%s: %d", cases[i].text, err.code);
		CASE(strstr(err.message, cases[i].message), "%s: %s", cases[i].text, err.message);
		assert_null(strstr(err.message, "secret"));
	}
	for (size_t len = 4; len < 900; len++) {
		struct registry_reference ref;
		struct err err = ERR_INIT;

		memcpy(text, "docker://", 9);
		memset(text + 9, 'a', len);
		text[9 + len] = '\0';
		assert_int_equal(registry_reference_parse(&ref, text, &err),
		                 len + strlen("library/") <= REPO_MAX ? 0 : -1);
		memcpy(text, "docker://a:*", 12);
		assert_int_equal(registry_reference_parse(&ref, text, &err),
		                 len <= TAG_PATTERN_MAX + 2 ? 0 : -1);
		memcpy(text, "docker://aaa", 12);
		(void)snprintf(text + 9 + len, sizeof(text) - 9 - len, ".a/b");
		assert_int_equal(registry_reference_parse(&ref, text, &err),
		                 len + 2 <= URI_HOST_MAX ? 0 : -1);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *text, *api, *name;
	} cases[] = {
		{"docker://alpine", "registry-1.docker.io", "docker.io/library/alpine"},
		{"docker://ghcr.io/a/b:1@" DIGEST, "ghcr.io", "ghcr.io/a/b"},
		{"docker://docker.io:444/a", "docker.io:444", "docker.io:444/a"},
		{"docker://[fd00::1]:80/a", "[fd00::1]:80", "[fd00::1]:80/a"},
	};

	(void)state;
	assert_true(registry_reference_is("docker://a"));
	assert_false(registry_reference_is("docker-daemon:a"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str api = STR_INIT(REGISTRY_HOST_MAX);
		AUTO_STR struct str name = STR_INIT(REGISTRY_REFERENCE_MAX);
		AUTO_STR struct str small = STR_INIT(3);
		struct registry_reference ref;
		struct err err = ERR_INIT;

		MUST(registry_reference_parse(&ref, cases[i].text, &err));
		assert_int_equal(registry_reference_api_host(&ref, &api), 0);
		assert_string_equal(str_text(&api), cases[i].api);
		assert_int_equal(registry_reference_name(&ref, &name), 0);
		assert_string_equal(str_text(&name), cases[i].name);
		assert_int_equal(registry_reference_api_host(&ref, &small), -1);
		assert_int_equal(registry_reference_name(&ref, &small), -1);
		assert_int_equal(registry_reference_text(&ref, &small), -1);
	}
}

static void test_mirrors(void **state)
{
	static const struct {
		const char *mirror, *image, *host,
			*mirrored; /* host NULL: it is no mirror of that */
		unsigned port;
	} cases[] = {
		{"docker.io=cache.lan:5000", "docker://app:1", "cache.lan", "docker.io", 5000},
		{"DOCKER.io=[::1]:80", "docker://docker.io/app:1", "[::1]", "docker.io", 80},
		{"docker.io=cache.lan", "docker://quay.io/app:1", NULL, NULL, 0},
		{"a.b:1=c.d", "docker://a.b:1/app:1", "c.d", "a.b:1", 0},
		{"a.b:1=c.d", "docker://a.b/app:1", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_reference ref, there;
		struct registry_mirror mirror;
		struct err err = ERR_INIT;
		int got;

		MUST(registry_mirror_parse(&mirror, cases[i].mirror, &err));
		MUST(registry_reference_parse(&ref, cases[i].image, &err));
		got = registry_reference_on_mirror(&ref, &mirror, &there);
		CASE((got == 0) == (cases[i].host != NULL), "%s", cases[i].mirror);
		if (got < 0)
			continue;
		assert_string_equal(there.host, cases[i].host);
		assert_int_equal(there.port, cases[i].port);
		assert_string_equal(there.mirrored, cases[i].mirrored);
		assert_string_equal(there.repo, ref.repo);
		assert_string_equal(there.tag, ref.tag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mirrors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
