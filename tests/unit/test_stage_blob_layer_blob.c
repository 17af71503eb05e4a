/* A layer's blob counts only when the state knows it and its file is in the tree. */
#include "stage/blob/layer_blob.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "db/root/open.h"
#include "db/state/blob.h"
#include "db/state/layer_cache.h"
#include "db/state/object.h"

#include "tests/unit/check.h"

static const char text[] = "compressed";

/* Records an object with these bytes, and the blob; returns its digest. */
static struct digest put(struct root *root)
{
	struct blob_sums sums = {.size_bytes = sizeof(text), .what = SUM_SHA256 | SUM_MD5};
	struct object_row row = {.object_class = CLASS_BLOB, .size_bytes = sizeof(text)};
	struct err err = ERR_INIT;

	MUST(hash_once(HASH_SHA256, text, sizeof(text), sums.sha256, &err));
	row.digest = digest_from_sha256(sums.sha256);
	(void)layout_blob(row.key, "app", &row.digest);
	MUST(blob_put(root->db, &row.digest, &sums, &err));
	MUST(object_put(root->db, &row, &err));
	return row.digest;
}

static void write_file(struct root *root, const struct digest *digest)
{
	char key[KEY_MAX];
	struct err err = ERR_INIT;
	int fd;

	(void)layout_blob(key, "app", digest);
	MUST(file_make_parents(root->dir, key, &err));
	fd = file_create(root->dir, key, FILE_MODE_PUBLIC, &err);
	MUST(fd);
	MUST(file_write(fd, text, sizeof(text), key, &err));
	(void)close(fd);
}

static void test_find(void **state)
{
	const struct recipe gzip = {RECIPE_GZIP, 2}, other = {RECIPE_GZIP, 3};
	struct digest plain = {.alg = DIGEST_SHA256}, blob;
	char path[SCRATCH_MAX];
	struct root root = ROOT_INIT;
	struct layer_blob found;
	struct err err = ERR_INIT;

	(void)state;
	MUST(root_open(&root, scratch_make(path), ROOT_CREATE, 0, &EVENT_SINK_NONE, &err));
	assert_int_equal(layer_blob_find(&root, &plain, gzip, &found, &err), 0);
	blob = put(&root);
	MUST(layer_blob_put(&root, &plain, gzip, &blob, &err));
	assert_int_equal(layer_blob_find(&root, &plain, gzip, &found, &err), 0); /* no file */
	write_file(&root, &blob);
	assert_int_equal(layer_blob_find(&root, &plain, gzip, &found, &err), 1);
	assert_true(digest_equal(&found.digest, &blob));
	assert_int_equal(found.size_bytes, sizeof(text));
	assert_int_equal(layer_blob_find(&root, &plain, other, &found, &err), 0);
	assert_int_equal(layer_blob_find(&root, &plain, RECIPE_AS_KEPT, &found, &err), 0);
	assert_int_equal(layer_blob_find(&root, &plain, RECIPE_AS_IS, &found, &err), 0);
	assert_int_equal(layer_blob_find(&root, &blob, RECIPE_AS_IS, &found, &err), 1);
	assert_true(digest_equal(&found.digest, &blob));
	MUST(layer_blob_put(&root, &plain, RECIPE_AS_KEPT, &blob, &err));
	assert_int_equal(layer_cache_get(root.db, &plain, "kept", &found.digest, &err), 1);
	root_close(&root);
	scratch_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_find)};

	return cmocka_run_group_tests_name("layer_blob", tests, NULL, NULL);
}
