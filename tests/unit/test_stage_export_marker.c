#include "check.h"

#include "base/file.h"
#include "stage/export/marker.h"

#define HEX    "00000000000000000000000000000000000000000000000000000000000000ff"
#define DIGEST "sha256:" HEX

static int set_up(void **state)
{
	static char path[SCRATCH_MAX];

	scratch_make(path);
	*state = path;
	return 0;
}

static int tear_down(void **state)
{
	scratch_remove(*state);
	return 0;
}

static int open_scratch(void **state)
{
	int dir = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

static void says_again_what_it_was_told(void **state)
{
	static const struct export_item items[] = {
		{EXPORT_THERE, KIND_HOST, 2, {DIGEST_SHA256, {1}}, "404.html"},
		{EXPORT_WANTED, KIND_CATALOG, 41, {DIGEST_SHA256, {2}}, "v2/_catalog"},
		{EXPORT_GONE, KIND_TAG, 0, {DIGEST_SHA512, {3}}, "v2/a/b/manifests/1.0"},
		{EXPORT_THERE, KIND_BLOB, UINT64_MAX, {DIGEST_SHA256, {4}}, "v2/a/blobs/" DIGEST},
	};
	AUTO_CLOSE int dir = open_scratch(state);
	struct err err = ERR_INIT;
	struct marker_writer writer;
	struct export_item item;
	struct marker marker;

	MUST(marker_open(&marker, dir, &err));
	assert_int_equal(marker_next(&marker, &item, &err), 0);
	MUST(marker_create(&writer, dir, &err));
	/* More than its buffer holds. */
	for (int i = 0; i < 1000; i++)
		MUST(marker_add(&writer, &items[i % (int)COUNT(items)], &err));
	MUST(marker_commit(&writer, &err));
	MUST(marker_open(&marker, dir, &err));
	for (int i = 0; i < 1000; i++) {
		const struct export_item *want = &items[i % (int)COUNT(items)];

		assert_int_equal(marker_next(&marker, &item, &err), 1);
		assert_int_equal(item.sign, want->sign);
		assert_int_equal(item.kind, want->kind);
		assert_true(item.size_bytes == want->size_bytes);
		assert_true(digest_equal(&item.digest, &want->digest));
		assert_string_equal(item.key, want->key);
	}
	assert_int_equal(marker_next(&marker, &item, &err), 0);
	marker_close(&marker);
	assert_int_equal(faccessat(dir, MARKER_TEMP, F_OK, 0), -1);
}

/* What it names will be removed one day. */
static void refuses_what_drydock_cannot_have_written(void **state)
{
	static const char *const lines[] = {
		"= b 1 " DIGEST " ../v2/a/blobs/" DIGEST,
		"= b 1 " DIGEST " /etc/passwd",
		"= h 1 " DIGEST " index.html",
		"= b 1 " DIGEST " 404.html",
		"= t 1 " DIGEST " v2/a/manifests/../../../x",
		"= c 1 " DIGEST " v2/",
		"* b 1 " DIGEST " v2/_catalog",
		"= x 1 " DIGEST " v2/_catalog",
		"= c 1 sha256:ff v2/_catalog",
		"= c -1x " DIGEST " v2/_catalog",
		"= c 1 " DIGEST,
		"= c 1 " DIGEST " ",
		"",
		"v2/_catalog",
	};
	AUTO_CLOSE int dir = open_scratch(state);
	struct export_item item;
	struct marker marker;
	char path[SCRATCH_MAX + 32];
	struct err err = ERR_INIT;

	(void)snprintf(path, sizeof(path), "%s/" MARKER_NAME, (char *)*state);
	for (size_t i = 0; i < COUNT(lines); i++) {
		AUTO_STR struct str text = STR_INIT(4096);

		(void)str_addf(&text, "drydock-export 1\n%s\n", lines[i]);
		MUST(file_put(path, &text, &err));
		MUST(marker_open(&marker, dir, &err));
		CASE(marker_next(&marker, &item, &err) == -1 && err.code == ERR_MALFORMED, "%s",
		     lines[i]);
		marker_close(&marker);
	}
}

static void refuses_another_kind_of_file(void **state)
{
	static const char *const texts[] = {"", "drydock-export 2\n", "drydock-export 1", "x\n"};
	AUTO_CLOSE int dir = open_scratch(state);
	char path[SCRATCH_MAX + 32];
	struct err err = ERR_INIT;
	struct marker marker;

	(void)snprintf(path, sizeof(path), "%s/" MARKER_NAME, (char *)*state);
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_STR struct str text = STR_INIT(4096);

		(void)str_adds(&text, texts[i]);
		MUST(file_put(path, &text, &err));
		MUST_FAIL(marker_open(&marker, dir, &err), ERR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_again_what_it_was_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_drydock_cannot_have_written, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(refuses_another_kind_of_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
