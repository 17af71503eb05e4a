#include "db/state/object.h"

#include "base/media_type.h"
#include "tests/unit/state.h"

static struct object_row row_of(const char *key, enum object_class object_class, uint8_t digest)
{
	struct object_row row;

	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = object_class;
	row.digest = digest_no(digest);
	row.size_bytes = 100u + digest;
	memset(row.md5, digest, sizeof(row.md5));
	return row;
}

static void put(struct db *db, const char *key, enum object_class object_class, uint8_t digest)
{
	struct object_row row = row_of(key, object_class, digest);
	struct err err = ERR_INIT;

	MUST(object_put(db, &row, &err));
}

static void test_put_get(void **state)
{
	struct state *s = *state;
	struct object_row row = row_of("v2/a/manifests/x", CLASS_TAG, 1), got;
	struct err err = ERR_INIT;

	(void)snprintf(row.content_type, sizeof(row.content_type), "%s", MT_OCI_MANIFEST);
	assert_int_equal(object_get(s->db, row.key, &got, &err), 0);
	assert_int_equal(object_has(s->db, row.key, &err), 0);
	MUST(object_put(s->db, &row, &err));
	assert_int_equal(object_has(s->db, row.key, &err), 1);
	assert_int_equal(object_get(s->db, row.key, &got, &err), 1);
	assert_string_equal(got.key, row.key);
	assert_int_equal(got.object_class, CLASS_TAG);
	assert_true(digest_equal(&got.digest, &row.digest));
	assert_int_equal(got.size_bytes, 101);
	assert_memory_equal(got.md5, row.md5, MD5_BYTES);
	assert_string_equal(got.content_type, MT_OCI_MANIFEST);
	assert_true(got.changed_at > 1700000000);
	assert_int_equal(object_count(s->db, &err), 1);
	MUST(object_delete(s->db, row.key, &err));
	MUST(object_delete(s->db, row.key, &err));
	assert_int_equal(object_count(s->db, &err), 0);
}

/* changed_at tells when the bytes changed, and nothing else. */
static void test_changed_at(void **state)
{
	struct state *s = *state;
	struct object_row row = row_of("v2/a/manifests/x", CLASS_TAG, 1), got;
	struct err err = ERR_INIT;

	MUST(object_put(s->db, &row, &err));
	MUST(db_exec(s->db, "UPDATE object SET changed_at = 5", &err));
	row.size_bytes = 7;
	MUST(object_put(s->db, &row, &err));
	assert_int_equal(object_get(s->db, row.key, &got, &err), 1);
	assert_int_equal(got.changed_at, 5);
	assert_int_equal(got.size_bytes, 7);
	/* A row that was read, changed and written back. */
	got.digest = digest_no(2);
	MUST(object_put(s->db, &got, &err));
	assert_int_equal(object_get(s->db, row.key, &got, &err), 1);
	assert_true(got.changed_at > 1700000000);
}

/* The class's own type is not stored with each of a million rows. */
static void test_content_type(void **state)
{
	struct state *s = *state;
	struct object_row row = row_of("v2/a/blobs/x", CLASS_BLOB, 1), got;
	AUTO_QUERY struct query q = QUERY_INIT;
	struct err err = ERR_INIT;

	MUST(object_put(s->db, &row, &err));
	assert_int_equal(object_get(s->db, row.key, &got, &err), 1);
	assert_string_equal(got.content_type, MT_OCTET_STREAM);
	MUST(object_put(s->db, &got, &err));
	MUST(query_start(&q, s->db, "SELECT content_type FROM object", &err));
	assert_int_equal(query_step(&q, &err), 1);
	assert_true(query_is_null(&q, 0));
}

static void test_page(void **state)
{
	static const char *const keys[] = {"v2/_catalog", "v2/a-b/x", "v2/a/x", "v2/a/y", "v2/b"};
	static const struct {
		const char *after, *until;
		int max, count;
		const char *first;
	} cases[] = {
		{"", NULL, 10, 5, "v2/_catalog"},
		{"", NULL, 2, 2, "v2/_catalog"},
		{"v2/_catalog", NULL, 10, 4, "v2/a-b/x"},
		{"v2/a", NULL, 10, 4, "v2/a-b/x"},
		{"v2/a/", "v2/a/y", 10, 1, "v2/a/x"},
		{"v2/a/x", "v2/b", 10, 1, "v2/a/y"},
		{"v2/b", NULL, 10, 0, NULL},
		{"", "v2/", 10, 0, NULL},
		{"v2/a/y", "v2/a/x", 10, 0, NULL},
		{"", "w", 3, 3, "v2/_catalog"},
	};
	struct state *s = *state;
	struct object_row rows[10];
	struct err err = ERR_INIT;

	for (size_t i = COUNT(keys); i > 0; i--)
		put(s->db, keys[i - 1], CLASS_TAG, (uint8_t)i);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int count = object_page(s->db, cases[i].after, cases[i].until, rows, cases[i].max,
		                        &err);

		CASE(count == cases[i].count, "case %zu: %d", i, count);
		if (count > 0)
			assert_string_equal(rows[0].key, cases[i].first);
		for (int k = 1; k < count; k++)
			assert_true(strcmp(rows[k - 1].key, rows[k].key) < 0);
	}
}

static void test_with_digest(void **state)
{
	struct state *s = *state;
	struct digest one = digest_no(1), two = digest_no(2);
	struct err err = ERR_INIT;
	char key[KEY_MAX];

	put(s->db, "v2/b/blobs/1", CLASS_BLOB, 1);
	put(s->db, "v2/a/blobs/1", CLASS_BLOB, 1);
	put(s->db, "v2/a/manifests/1", CLASS_MANIFEST, 1);
	assert_int_equal(object_with_digest(s->db, &one, CLASS_BLOB, key, &err), 1);
	assert_string_equal(key, "v2/a/blobs/1");
	assert_int_equal(object_with_digest(s->db, &one, CLASS_MANIFEST, key, &err), 1);
	assert_string_equal(key, "v2/a/manifests/1");
	assert_int_equal(object_with_digest(s->db, &one, CLASS_TAG, key, &err), 0);
	assert_int_equal(object_with_digest(s->db, &two, CLASS_BLOB, key, &err), 0);
}

static void test_damaged(void **state)
{
	struct state *s = *state;
	struct object_row rows[2];
	struct err err = ERR_INIT;

	put(s->db, "v2/a/x", CLASS_TAG, 1);
	MUST(db_exec(s->db, "UPDATE object SET digest = x'0102'", &err));
	MUST_FAIL(object_get(s->db, "v2/a/x", rows, &err), ERR_NO_STATE);
	MUST_FAIL(object_page(s->db, "", NULL, rows, 2, &err), ERR_NO_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_put_get),      STATE_TEST(test_changed_at),
		STATE_TEST(test_content_type), STATE_TEST(test_page),
		STATE_TEST(test_with_digest),  STATE_TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
