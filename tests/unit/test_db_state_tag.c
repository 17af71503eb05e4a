#include "db/state/tag.h"

#include "base/layout.h"
#include "db/state/object.h"
#include "tests/unit/state.h"

struct seen {
	int count, stop_at;
	char text[400];
};

static void see(struct seen *seen, const char *text)
{
	size_t used = strlen(seen->text);

	seen->count++;
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s ", text);
}

static int see_tag(void *context, const struct tag_row *row, struct err *err)
{
	struct seen *seen = context;
	char text[REPO_MAX + TAG_MAX + 2];

	(void)err;
	(void)snprintf(text, sizeof(text), "%s:%s", row->repo, row->name);
	see(seen, text);
	return seen->count == seen->stop_at ? 42 : 0;
}

static int see_repo(void *context, const char *repo, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	see(seen, repo);
	return seen->count == seen->stop_at ? 42 : 0;
}

static void test_tag(void **state)
{
	struct state *s = *state;
	struct digest one = digest_no(1), two = digest_no(2);
	struct tag_row row;
	struct err err = ERR_INIT;

	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 0);
	MUST(tag_put(s->db, "a", "x", &one, &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_string_equal(row.repo, "a");
	assert_string_equal(row.name, "x");
	assert_true(digest_equal(&row.digest, &one));
	assert_true(row.staged_at > 1700000000);
	assert_int_equal(row.removed_at, 0);
	/* staged_at is when it began to point there: again is not anew. */
	MUST(tag_date(s->db, "a", "x", 5, &err));
	MUST(tag_date(s->db, "a", "none", 5, &err));
	assert_int_equal(tag_get(s->db, "a", "none", &row, &err), 0);
	MUST(tag_put(s->db, "a", "x", &one, &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_int_equal(row.staged_at, 5);
	MUST(tag_put(s->db, "a", "x", &two, &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_true(row.staged_at > 1700000000 && digest_equal(&row.digest, &two));
}

static void test_tombstone(void **state)
{
	struct state *s = *state;
	struct digest one = digest_no(1);
	struct tag_row row;
	struct err err = ERR_INIT;

	MUST(tag_remove(s->db, "a", "x", &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 0);
	MUST(tag_put(s->db, "a", "x", &one, &err));
	MUST(tag_put(s->db, "a", "y", &one, &err));
	MUST(tag_remove(s->db, "a", "x", &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_true(row.removed_at > 1700000000);
	assert_true(digest_equal(&row.digest, &one));
	MUST(db_exec(s->db, "UPDATE tag SET removed_at = 5, staged_at = 4 WHERE name = 'x'", &err));
	MUST(tag_remove(s->db, "a", "x", &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_int_equal(row.removed_at, 5);
	/* Staged again while a sync, which holds no lock, was removing it from its bucket. */
	MUST(tag_put(s->db, "a", "x", &one, &err));
	MUST(tag_forget(s->db, "a", "x", &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 1);
	assert_int_equal(row.removed_at, 0);
	assert_true(row.staged_at > 1700000000); /* revived: anew */
	MUST(tag_remove(s->db, "a", "x", &err));
	MUST(tag_forget(s->db, "a", "x", &err));
	assert_int_equal(tag_get(s->db, "a", "x", &row, &err), 0);
	assert_int_equal(tag_get(s->db, "a", "y", &row, &err), 1);
}

static void test_each(void **state)
{
	struct state *s = *state;
	struct digest one = digest_no(1);
	struct seen seen = {0};
	struct err err = ERR_INIT;

	MUST(tag_put(s->db, "b", "x", &one, &err));
	MUST(tag_put(s->db, "a", "y", &one, &err));
	MUST(tag_put(s->db, "a", "B", &one, &err));
	MUST(tag_put(s->db, "a", "gone", &one, &err));
	MUST(tag_remove(s->db, "a", "gone", &err));
	MUST(tag_each(s->db, NULL, TAGS_LIVE, see_tag, &seen, &err));
	assert_string_equal(seen.text, "a:B a:y b:x ");
	memset(&seen, 0, sizeof(seen));
	MUST(tag_each(s->db, "b", TAGS_LIVE, see_tag, &seen, &err));
	assert_string_equal(seen.text, "b:x ");
	memset(&seen, 0, sizeof(seen));
	MUST(tag_each(s->db, NULL, TAGS_REMOVED, see_tag, &seen, &err));
	assert_string_equal(seen.text, "a:gone ");
	memset(&seen, 0, sizeof(seen));
	MUST(tag_each(s->db, "b", TAGS_REMOVED, see_tag, &seen, &err));
	assert_string_equal(seen.text, "");
	seen.stop_at = 2;
	assert_int_equal(tag_each(s->db, NULL, TAGS_LIVE, see_tag, &seen, &err), 42);
	assert_int_equal(seen.count, 2);
}

static void put_key(struct db *db, const char *key)
{
	struct object_row row;
	struct key_parts parts;
	struct err err = ERR_INIT;

	memset(&row, 0, sizeof(row));
	CASE(layout_parse(&parts, key), "%s", key);
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = parts.object_class;
	row.digest = digest_no(1);
	MUST(object_put(db, &row, &err));
}

/* Repositories inside of others, and names that sort before '/', each once and none left out. */
static void test_repo_each(void **state)
{
	static const char *const repos[] = {"a", "a-b", "a.b", "a/b", "a/b/c", "a/c", "a0", "zz"};
	static const char *const folders[] = {"blobs/", "manifests/", "referrers/"};
	struct state *s = *state;
	struct seen seen = {0};
	struct err err = ERR_INIT;
	char key[KEY_MAX], hex[65];

	MUST(repo_each(s->db, see_repo, &seen, &err));
	assert_int_equal(seen.count, 0);
	put_key(s->db, "v2/_catalog");
	for (size_t i = 0; i < COUNT(repos); i++) {
		for (size_t k = 0; k < COUNT(folders); k++)
			for (int n = 0; n < 3; n++) {
				memset(hex, "09f"[n], 64);
				hex[64] = '\0';
				(void)snprintf(key, sizeof(key), "v2/%s/%ssha256:%s", repos[i],
				               folders[k], hex);
				put_key(s->db, key);
			}
		(void)layout_tag(key, repos[i], "zzz");
		put_key(s->db, key);
		(void)layout_tags_list(key, repos[i]);
		put_key(s->db, key);
	}
	/* Blobs alone are no repository that publishes anything. */
	(void)snprintf(key, sizeof(key), "v2/a/only/blobs/sha256:%s", hex);
	put_key(s->db, key);
	MUST(repo_each(s->db, see_repo, &seen, &err));
	assert_string_equal(seen.text, "a-b a.b a/b/c a/b a/c a a0 zz ");
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 3;
	assert_int_equal(repo_each(s->db, see_repo, &seen, &err), 42);
	assert_string_equal(seen.text, "a-b a.b a/b/c ");
	memset(&seen, 0, sizeof(seen));
	MUST(repo_each_with_blobs(s->db, see_repo, &seen, &err));
	CASE(strstr(seen.text, "a/only ") && seen.count == COUNT(repos) + 1, "FT3: with blobs: %s",
	     seen.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_tag),
		STATE_TEST(test_tombstone),
		STATE_TEST(test_each),
		STATE_TEST(test_repo_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
