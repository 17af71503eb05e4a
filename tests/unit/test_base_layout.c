#include "base/layout.h"

#include "base/media_type.h"
#include "tests/unit/check.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA256 "sha256:" HEX64
#define SHA512 "sha512:" HEX64 HEX64

static struct digest digest_of(const char *text)
{
	struct err err = ERR_INIT;
	struct digest d;

	MUST(digest_parse(&d, text, strlen(text), &err));
	return d;
}

/* Makes the key of its parts again. */
static const char *remake(char key[KEY_MAX], const struct key_parts *p)
{
	switch (p->object_class) {
	case CLASS_PING:
		return LAYOUT_PREFIX;
	case CLASS_BLOB:
		return layout_blob(key, p->repo, &p->digest);
	case CLASS_MANIFEST:
		return layout_manifest(key, p->repo, &p->digest);
	case CLASS_REFERRERS:
		return layout_referrers(key, p->repo, &p->digest);
	case CLASS_FALLBACK_TAG:
	case CLASS_TAG:
		return layout_tag(key, p->repo, p->tag);
	case CLASS_TAGS_LIST:
		return layout_tags_list(key, p->repo);
	case CLASS_CATALOG:
		return layout_catalog(key);
	case CLASS_NONE:
		break;
	}
	return "";
}

static void test_round_trip(void **state)
{
	static const struct {
		const char *key;
		enum object_class object_class;
		const char *repo, *tag, *digest;
	} cases[] = {
		{"v2/", CLASS_PING, "", "", NULL},
		{"v2/_catalog", CLASS_CATALOG, "", "", NULL},
		{"v2/a/blobs/" SHA256, CLASS_BLOB, "a", "", SHA256},
		{"v2/a/blobs/" SHA512, CLASS_BLOB, "a", "", SHA512},
		{"v2/a/b/c/manifests/" SHA256, CLASS_MANIFEST, "a/b/c", "", SHA256},
		{"v2/a/referrers/" SHA512, CLASS_REFERRERS, "a", "", SHA512},
		{"v2/a/manifests/latest", CLASS_TAG, "a", "latest", NULL},
		{"v2/a/manifests/list", CLASS_TAG, "a", "list", NULL},
		{"v2/a/manifests/sha256-" HEX64, CLASS_FALLBACK_TAG, "a", "sha256-" HEX64, NULL},
		{"v2/a/manifests/sha256-" HEX64 ".sig", CLASS_TAG, "a", "sha256-" HEX64 ".sig",
	         NULL},
		{"v2/a/tags/list", CLASS_TAGS_LIST, "a", "", NULL},
		{"v2/v2/tags/list", CLASS_TAGS_LIST, "v2", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct key_parts parts;
		char key[KEY_MAX], text[DIGEST_TEXT_MAX];

		CASE(layout_parse(&parts, cases[i].key), "%s", cases[i].key);
		CASE(parts.object_class == cases[i].object_class, "%s: %d", cases[i].key,
		     (int)parts.object_class);
		assert_string_equal(parts.repo, cases[i].repo);
		assert_string_equal(parts.tag, cases[i].tag);
		if (cases[i].digest)
			assert_string_equal(digest_text(&parts.digest, text), cases[i].digest);
		else
			assert_int_equal(parts.digest.alg, DIGEST_NONE);
		assert_string_equal(remake(key, &parts), cases[i].key);
	}
}

static void test_foreign(void **state)
{
	static const char *const cases[] = {
		"",
		"v",
		"v2",
		"v3/",
		"/v2/",
		"v2//",
		"v2/a",
		"v2/a/",
		"v2/_catalog/",
		"v2/catalog",
		"v2/a/blobs",
		"v2/a/blobs/",
		"v2/a/blobs/latest",
		"v2/a/blobs/" SHA256 "/x",
		"v2/a/blobs/sha256:" HEX64 "0",
		"v2/a/blobs/SHA256:" HEX64,
		"v2/a/manifests/",
		"v2/a/manifests/.hidden",
		"v2/a/manifests/a b",
		"v2/a/manifests/..",
		"v2/a/manifests/sha256:zz",
		"v2/a/manifests/x/y",
		"v2/manifests/latest",
		"v2/blobs/" SHA256,
		"v2/a/tags/",
		"v2/a/tags/list/",
		"v2/a/tags/lists",
		"v2/a/tags/last",
		"v2/a/referrers/latest",
		"v2/A/manifests/x",
		"v2/../manifests/x",
		"v2/a/../manifests/x",
		"v2//manifests/x",
		"v2/a//manifests/x",
		"v2/a/uploads/x",
		"index.html",
		".drydock/state.db",
		"v2/a/manifests/manifests/x",
		"v2/tags/list",
	};
	static char huge[3 * KEY_MAX] = "v2/";
	struct key_parts parts;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CASE(!layout_parse(&parts, cases[i]), "'%s'", cases[i]);
		assert_int_equal(parts.object_class, CLASS_NONE);
		assert_string_equal(parts.repo, "");
	}
	memset(huge + 3, 'a', sizeof(huge) - 4);
	assert_false(layout_parse(&parts, huge));
	memcpy(huge + sizeof(huge) - 12, "/tags/list", 11);
	assert_false(layout_parse(&parts, huge));
}

/* The longest name that is allowed fits in a key of each class. */
static void test_longest(void **state)
{
	char repo[REPO_MAX + 1], tag[TAG_MAX + 1], key[KEY_MAX];
	struct digest d = digest_of(SHA512);
	struct key_parts parts;

	(void)state;
	memset(repo, 'r', REPO_MAX);
	repo[REPO_MAX] = '\0';
	memset(tag, 't', TAG_MAX);
	tag[TAG_MAX] = '\0';
	assert_true(layout_parse(&parts, layout_manifest(key, repo, &d)));
	assert_true(digest_equal(&parts.digest, &d));
	assert_true(layout_parse(&parts, layout_referrers(key, repo, &d)));
	assert_true(layout_parse(&parts, layout_blob(key, repo, &d)));
	assert_true(layout_parse(&parts, layout_tag(key, repo, tag)));
	assert_string_equal(parts.tag, tag);
	assert_true(layout_parse(&parts, layout_fallback_tag(key, repo, &d)));
	assert_true(layout_parse(&parts, layout_tags_list(key, repo)));
	assert_string_equal(parts.repo, repo);
}

static void test_fallback_tag(void **state)
{
	static const char *const no[] = {
		"",
		"latest",
		"sha256-",
		"sha256-" HEX64 "0",
		"sha256-" HEX64 HEX64,
		"sha384-" HEX64,
		"sha256_" HEX64,
		"sha256-0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	struct digest d = digest_of(SHA512);
	char tag[TAG_MAX + 1];

	(void)state;
	assert_string_equal(layout_fallback_tag_name(tag, &d), "sha512-" HEX64);
	assert_true(layout_is_fallback_tag_name(tag));
	for (size_t i = 0; i < COUNT(no); i++)
		CASE(!layout_is_fallback_tag_name(no[i]), "%s", no[i]);
}

static void test_classes(void **state)
{
	static const struct {
		int number; /* stored: must never change */
		const char *type;
		bool immutable, derived;
	} cases[] = {
		{0, NULL, false, false},
		{1, "application/json", false, false},
		{2, "application/octet-stream", true, false},
		{3, NULL, true, false},
		{4, "application/vnd.oci.image.index.v1+json", false, true},
		{5, "application/vnd.oci.image.index.v1+json", false, true},
		{6, NULL, false, false},
		{7, "application/json", false, true},
		{8, "application/json", false, true},
		{99, NULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum object_class c = (enum object_class)cases[i].number;
		const char *type = object_class_content_type(c);

		assert_string_equal(type ? type : "", cases[i].type ? cases[i].type : "");
		assert_int_equal(object_class_immutable(c), cases[i].immutable);
		assert_int_equal(object_class_is_derived(c), cases[i].derived);
	}
}

/* A range holds the keys of its folder and none of its neighbours'. */
static void test_ranges(void **state)
{
	static const struct digest d = {.alg = DIGEST_SHA512};
	struct layout_range folder, digests;
	char key[KEY_MAX];

	(void)state;
	layout_range(&folder, "app", LAYOUT_MANIFESTS);
	layout_range_of_alg(&digests, "app", LAYOUT_MANIFESTS, DIGEST_SHA512);
	assert_string_equal(folder.after, "v2/app/manifests/");
	assert_string_equal(folder.until, "v2/app/manifests0");
	assert_string_equal(digests.after, "v2/app/manifests/sha512:");
	assert_string_equal(digests.until, "v2/app/manifests/sha512;");
	layout_manifest(key, "app", &d);
	assert_true(strcmp(digests.after, key) < 0 && strcmp(key, digests.until) < 0);
	layout_tag(key, "app", "sha512");
	assert_true(strcmp(folder.after, key) < 0 && strcmp(key, folder.until) < 0);
	assert_false(strcmp(digests.after, key) < 0);
	layout_tag(key, "app/manifests0", "x");
	assert_false(strcmp(key, folder.until) < 0);
	assert_int_equal(layout_folder_of(CLASS_FALLBACK_TAG), LAYOUT_MANIFESTS);
	assert_int_equal(layout_folder_of(CLASS_TAGS_LIST), LAYOUT_TAGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_longest),    cmocka_unit_test(test_fallback_tag),
		cmocka_unit_test(test_classes),    cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
