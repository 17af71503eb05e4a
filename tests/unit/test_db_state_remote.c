#include "db/state/remote.h"

#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/remote_object.h"
#include "db/state/upload.h"
#include "tests/unit/state.h"

static int64_t need(struct db *db, const char *bucket)
{
	struct remote_row row;
	struct err err = ERR_INIT;

	MUST(remote_need(db, "https://s3.example", bucket, "", &row, &err));
	assert_true(row.id > 0);
	return row.id;
}

static void test_remote(void **state)
{
	struct state *s = *state;
	struct remote_row row;
	struct err err = ERR_INIT;
	int64_t id;

	assert_int_equal(remote_find(s->db, "https://s3.example", "b", "", &row, &err), 0);
	id = need(s->db, "b");
	assert_int_equal(need(s->db, "b"), id);
	assert_int_not_equal(need(s->db, "c"), id);
	/* Endpoint, bucket and prefix together are the remote. */
	assert_int_equal(remote_find(s->db, "https://s3.example", "b", "p/", &row, &err), 0);
	assert_int_equal(remote_find(s->db, "http://s3.example", "b", "", &row, &err), 0);
	assert_int_equal(remote_find(s->db, "https://s3.example", "b", "", &row, &err), 1);
	assert_string_equal(row.region, "");
	assert_int_equal(row.no_conditions_since, 0);
	assert_int_equal(row.generation, 0);
	assert_int_equal(row.synced_at, 0);
	MUST(remote_set_region(s->db, id, "fra1", &err));
	assert_false(row.if_match_quoted);
	row.if_match_quoted = true;
	MUST(remote_set_quirks(s->db, &row, &err));
	assert_int_equal(remote_find(s->db, "https://s3.example", "b", "", &row, &err), 1);
	assert_true(row.if_match_quoted);
	assert_int_equal(row.no_conditions_since, 0);
	row.if_match_quoted = false;
	row.no_conditions_since = 1800000000;
	MUST(remote_set_quirks(s->db, &row, &err));
	MUST(remote_synced(s->db, id, 77, &err));
	MUST(remote_synced(s->db, id, 88, &err));
	assert_int_equal(remote_find(s->db, "https://s3.example", "b", "", &row, &err), 1);
	assert_int_equal(row.id, id);
	assert_string_equal(row.region, "fra1");
	assert_int_equal(row.no_conditions_since, 1800000000);
	assert_false(row.if_match_quoted);
	assert_int_equal(row.generation, 2);
	assert_int_equal(row.synced_at, 88);
}

static void test_note(void **state)
{
	struct state *s = *state;
	int64_t id = need(s->db, "b"), other = need(s->db, "c");
	struct remote_note note = {"0123456789abcdef0123456789abcdef", 1700000000}, got;
	struct err err = ERR_INIT;

	assert_int_equal(remote_note_get(s->db, id, &got, &err), 0);
	MUST(remote_note_put(s->db, id, &note, &err));
	note.since++; /* of the next run: there is one at most */
	MUST(remote_note_put(s->db, id, &note, &err));
	assert_int_equal(remote_note_get(s->db, other, &got, &err), 0);
	assert_int_equal(remote_note_get(s->db, id, &got, &err), 1);
	assert_string_equal(got.token, note.token);
	assert_int_equal(got.since, note.since);
	MUST(remote_note_clear(s->db, other, &err));
	assert_int_equal(remote_note_get(s->db, id, &got, &err), 1);
	MUST(remote_note_clear(s->db, id, &err));
	assert_int_equal(remote_note_get(s->db, id, &got, &err), 0);
	/* What nobody wrote here is no token. */
	MUST(db_exec(s->db, "INSERT INTO meta VALUES ('unrecorded.1', 'nonsense')", &err));
	assert_int_equal(remote_note_get(s->db, 1, &got, &err), 1);
	assert_int_equal(got.since, 0);
}

static void test_remote_object(void **state)
{
	struct state *s = *state;
	int64_t id = need(s->db, "b"), other = need(s->db, "c");
	struct remote_object_row row = {.etag = "e-2",
	                                .size_bytes = 7,
	                                .part_size_bytes = 5,
	                                .verified_at = 1,
	                                .generation = 2,
	                                .sent_by_us = 1};
	struct remote_object_row got;
	struct err err = ERR_INIT;

	row.digest = digest_no(3);
	assert_int_equal(remote_object_any(s->db, id, &err), 0);
	assert_int_equal(remote_object_get(s->db, id, "k", &got, &err), 0);
	MUST(remote_object_put(s->db, id, "k", &row, &err));
	assert_int_equal(remote_object_any(s->db, id, &err), 1);
	assert_int_equal(remote_object_any(s->db, other, &err), 0);
	assert_int_equal(remote_object_get(s->db, other, "k", &got, &err), 0);
	assert_int_equal(remote_object_get(s->db, id, "k", &got, &err), 1);
	assert_string_equal(got.etag, "e-2");
	assert_int_equal(got.size_bytes, 7);
	assert_int_equal(got.part_size_bytes, 5);
	assert_int_equal(got.verified_at, 1);
	assert_int_equal(got.generation, 2);
	assert_int_equal(got.sent_by_us, 1);
	assert_int_equal(got.unreachable_at, 0);
	assert_true(digest_equal(&got.digest, &row.digest));
	/* What we sent stays ours, also when it is only verified later. */
	row.sent_by_us = 0;
	row.part_size_bytes = 0;
	row.unreachable_at = 9;
	MUST(remote_object_put(s->db, id, "k", &row, &err));
	assert_int_equal(remote_object_get(s->db, id, "k", &got, &err), 1);
	assert_int_equal(got.sent_by_us, 1);
	assert_int_equal(got.part_size_bytes, 0);
	assert_int_equal(got.unreachable_at, 9);
	MUST(remote_object_delete(s->db, id, "k", &err));
	assert_int_equal(remote_object_any(s->db, id, &err), 0);
	assert_int_equal(remote_object_put(s->db, 99, "k", &row, &err), -1); /* no such remote */
}

static void test_upload(void **state)
{
	struct state *s = *state;
	int64_t id = need(s->db, "b"), parts;
	struct upload_row row, got;
	uint8_t md5[MD5_BYTES] = {1};
	char etag[UPLOAD_ETAG_MAX];
	struct err err = ERR_INIT;
	uint64_t bytes = 0;

	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "v2/a/blobs/2");
	(void)snprintf(row.token, sizeof(row.token), "0123456789abcdef0123456789abcdef");
	row.digest = digest_no(4);
	row.size_bytes = 12;
	row.part_size_bytes = 5;
	row.state = 3;
	row.created_at = 6;
	assert_int_equal(upload_get(s->db, id, row.key, &got, &err), 0);
	MUST(upload_put(s->db, id, &row, &err));
	assert_true(row.id > 0);
	assert_int_equal(upload_get(s->db, id, row.key, &got, &err), 1);
	assert_int_equal(got.id, row.id);
	assert_string_equal(got.key, row.key);
	assert_string_equal(got.token, row.token);
	assert_string_equal(got.upload_id, "");
	assert_true(digest_equal(&got.digest, &row.digest));
	assert_int_equal(got.size_bytes * 100 + got.part_size_bytes * 10 + (uint64_t)got.state,
	                 1253);
	assert_int_equal(got.created_at, 6);
	assert_int_equal(got.adopted, 0);
	(void)snprintf(row.upload_id, sizeof(row.upload_id), "U");
	row.state = 4;
	row.adopted = 1;
	MUST(upload_update(s->db, &row, &err));
	assert_int_equal(upload_get(s->db, id, row.key, &got, &err), 1);
	assert_string_equal(got.upload_id, "U");
	assert_int_equal(got.state, 4);
	assert_int_equal(got.adopted, 1);
	MUST(upload_part_put(s->db, row.id, 1, 5, md5, "one", &err));
	MUST(upload_part_put(s->db, row.id, 3, 2, md5, "three", &err));
	MUST(upload_part_put(s->db, row.id, 1, 5, md5, "again", &err));
	assert_int_equal(upload_part_etag(s->db, row.id, 1, etag, &err), 1);
	assert_string_equal(etag, "again");
	assert_int_equal(upload_part_etag(s->db, row.id, 2, etag, &err), 0);
	parts = upload_part_count(s->db, row.id, &bytes, &err);
	assert_int_equal(parts, 2);
	assert_int_equal(bytes, 7);
	/* A new upload of the key forgets the parts of the old one. */
	MUST(upload_put(s->db, id, &row, &err));
	assert_int_equal(upload_part_count(s->db, row.id, &bytes, &err), 0);
	MUST(upload_part_put(s->db, row.id, 1, 5, md5, "one", &err));
	MUST(upload_delete(s->db, row.id, &err));
	assert_int_equal(upload_part_etag(s->db, row.id, 1, etag, &err), 0);
	assert_int_equal(upload_get(s->db, id, row.key, &got, &err), 0);
}

static void test_upload_next(void **state)
{
	static const char *const keys[] = {"v2/c", "v2/a", "v2/b"};
	struct state *s = *state;
	int64_t id = need(s->db, "b"), other = need(s->db, "c");
	struct upload_row row;
	struct err err = ERR_INIT;

	memset(&row, 0, sizeof(row));
	row.digest = digest_no(1);
	row.part_size_bytes = 5;
	for (size_t i = 0; i < COUNT(keys); i++) {
		(void)snprintf(row.key, sizeof(row.key), "%s", keys[i]);
		MUST(upload_put(s->db, i == 2 ? other : id, &row, &err));
	}
	MUST(upload_next(s->db, id, "", &row, &err));
	assert_string_equal(row.key, "v2/a");
	assert_int_equal(upload_next(s->db, id, "v2/a", &row, &err), 1);
	assert_string_equal(row.key, "v2/c");
	assert_int_equal(upload_next(s->db, id, "v2/c", &row, &err), 0);
	/* Nobody divides by what a damaged state says. */
	MUST(db_exec(s->db, "UPDATE upload SET part_size = 0", &err));
	MUST_FAIL(upload_next(s->db, id, "", &row, &err), ERR_NO_STATE);
}

static void put_object(struct db *db, const char *repo, uint8_t no)
{
	struct object_row row;
	struct digest d = digest_no(no);
	struct err err = ERR_INIT;

	memset(&row, 0, sizeof(row));
	(void)layout_blob(row.key, repo, &d);
	row.object_class = CLASS_BLOB;
	row.digest = d;
	row.size_bytes = 100 + (uint64_t)no;
	MUST(object_put(db, &row, &err));
}

static int see_repo(void *context, const char *repo, struct err *err)
{
	struct str *seen = context;

	(void)str_addf(seen, "%s ", repo);
	return str_check(seen, "repositories", err);
}

static int see_place(void *context, const struct object_place *place, struct err *err)
{
	(void)err;
	return str_addf(context, "%d ", place->digest.bytes[0]) < 0 ? 42 : 0;
}

static void test_placement(void **state)
{
	struct state *s = *state;
	AUTO_STR struct str seen = STR_INIT(1000);
	struct digest one = digest_no(1), two = digest_no(2), nine = digest_no(9);
	struct object_place rows[2], after;
	struct err err = ERR_INIT;
	int count, total = 0;

	put_object(s->db, "b", 1);
	put_object(s->db, "a/x", 1);
	put_object(s->db, "a", 1);
	put_object(s->db, "a", 2);
	MUST(object_places_each(s->db, &one, CLASS_BLOB, see_repo, &seen, &err));
	assert_string_equal(str_text(&seen), "a a/x b ");
	MUST(object_places_each(s->db, &one, CLASS_MANIFEST, see_repo, &seen, &err));
	MUST(object_places_each(s->db, &nine, CLASS_BLOB, see_repo, &seen, &err));
	assert_string_equal(str_text(&seen), "a a/x b ");
	/* Paged by digest: links to one file stand together, across the pages' ends too. */
	count = object_places_page(s->db, NULL, rows, 2, &err);
	while (count > 0) {
		for (int i = 0; i < count; i++, total++) {
			assert_int_equal(rows[i].digest.bytes[0], total < 3 ? 1 : 2);
			assert_int_equal(rows[i].size_bytes, total < 3 ? 101 : 102);
		}
		after = rows[count - 1];
		count = object_places_page(s->db, &after, rows, 2, &err);
	}
	assert_int_equal(count, 0);
	assert_int_equal(total, 4);
	str_clear(&seen);
	MUST(object_places_walk(s->db, NULL, see_place, &seen, &err));
	assert_string_equal(str_text(&seen), "1 1 1 2 ");
	MUST(object_places_walk(s->db, &one, see_place, &seen, &err));
	assert_string_equal(str_text(&seen), "1 1 1 2 1 1 1 ");
	MUST(object_places_walk(s->db, &nine, see_place, &seen, &err));
	assert_int_equal(seen.len, 14);
	/* More than a page, of one digest and of all; what fn returns ends it. */
	for (int i = 0; i < 99; i++)
		put_object(s->db, (char[]){'c', (char)('0' + i / 10), (char)('0' + i % 10), 0}, 2);
	MUST(object_places_walk(s->db, &two, see_place, &seen, &err));
	assert_int_equal(seen.len, 14 + 2 * 100);
	MUST(object_places_walk(s->db, NULL, see_place, &seen, &err));
	assert_int_equal(seen.len, 14 + 2 * 100 + 2 * 103);
	seen.max = seen.len + 4;
	assert_int_equal(object_places_walk(s->db, NULL, see_place, &seen, &err), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_remote),        STATE_TEST(test_note),
		STATE_TEST(test_remote_object), STATE_TEST(test_upload),
		STATE_TEST(test_upload_next),   STATE_TEST(test_placement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
