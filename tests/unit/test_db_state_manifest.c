#include "db/state/manifest.h"

#include "base/layout.h"
#include "tests/unit/state.h"

struct seen {
	int count;
	int stop_at; /* 0: never */
	uint8_t digests[10];
	char text[400];
};

static int see_manifest(void *context, const struct manifest_row *row, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	seen->digests[seen->count++] = row->digest.bytes[0];
	(void)snprintf(seen->text, sizeof(seen->text), "%s %s %s %s %d", row->media_type,
	               row->artifact_type ? row->artifact_type : "-",
	               row->annotations ? row->annotations : "-",
	               row->platform ? row->platform : "-",
	               row->subject.alg == DIGEST_NONE ? -1 : row->subject.bytes[0]);
	return seen->count == seen->stop_at ? 42 : 0;
}

static int see_edge(void *context, const struct edge_row *edge, struct err *err)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	(void)err;
	seen->digests[seen->count++] = edge->child.bytes[0];
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%d:%d:%d:%llu:%s ",
	               edge->child.bytes[0], (int)edge->role, edge->present,
	               (unsigned long long)edge->size_bytes, edge->platform);
	return seen->count == seen->stop_at ? 42 : 0;
}

static void put_manifest(struct db *db, uint8_t no, uint8_t subject)
{
	struct manifest_row row = {.digest = digest_no(no), .media_type = "type"};
	struct err err = ERR_INIT;

	if (subject)
		row.subject = digest_no(subject);
	MUST(manifest_put(db, &row, &err));
}

static void put_object(struct db *db, const char *repo, uint8_t no, enum object_class object_class)
{
	struct object_row row;
	struct err err = ERR_INIT;
	struct digest d = digest_no(no);

	memset(&row, 0, sizeof(row));
	(void)layout_manifest(row.key, repo, &d);
	row.object_class = object_class;
	row.digest = d;
	MUST(object_put(db, &row, &err));
}

static void test_manifest(void **state)
{
	struct state *s = *state;
	struct manifest_row row = {
		.digest = digest_no(1),
		.media_type = "mt",
		.artifact_type = "at",
		.annotations = "{}",
		.subject = digest_no(9),
		.platform = "linux/amd64",
	};
	struct digest d = digest_no(1), none = digest_no(2);
	struct seen seen = {0};
	struct err err = ERR_INIT;

	assert_int_equal(manifest_get(s->db, &d, see_manifest, &seen, &err), 0);
	assert_int_equal(manifest_has(s->db, &d, &err), 0);
	MUST(manifest_put(s->db, &row, &err));
	assert_int_equal(manifest_has(s->db, &d, &err), 1);
	assert_int_equal(manifest_get(s->db, &none, see_manifest, &seen, &err), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(manifest_get(s->db, &d, see_manifest, &seen, &err), 1);
	assert_string_equal(seen.text, "mt at {} linux/amd64 9");
	put_manifest(s->db, 1, 0);
	assert_int_equal(manifest_get(s->db, &d, see_manifest, &seen, &err), 1);
	assert_string_equal(seen.text, "type - - - -1");
	seen.stop_at = 3;
	assert_int_equal(manifest_get(s->db, &d, see_manifest, &seen, &err), 42);
	MUST(manifest_delete(s->db, &d, &err));
	assert_int_equal(manifest_has(s->db, &d, &err), 0);
}

static void test_referrers(void **state)
{
	struct state *s = *state;
	struct digest subject = digest_no(9);
	struct seen all = {0}, here = {0}, other = {0};
	struct err err = ERR_INIT;

	put_manifest(s->db, 3, 9);
	put_manifest(s->db, 1, 9);
	put_manifest(s->db, 2, 9);
	put_manifest(s->db, 4, 8);
	put_manifest(s->db, 5, 0);
	put_object(s->db, "a_b", 3, CLASS_MANIFEST);
	put_object(s->db, "a_b", 1, CLASS_MANIFEST);
	put_object(s->db, "axb", 2, CLASS_MANIFEST); /* '_' is no wildcard */
	put_object(s->db, "a_b/c", 2, CLASS_MANIFEST);
	put_object(s->db, "a_b", 4, CLASS_MANIFEST);
	assert_int_equal(manifest_referrers(s->db, NULL, &subject, see_manifest, &all, &err), 0);
	assert_int_equal(all.count, 3);
	assert_memory_equal(all.digests, "\1\2\3", 3);
	assert_int_equal(manifest_referrers(s->db, "a_b", &subject, see_manifest, &here, &err), 0);
	assert_int_equal(here.count, 2);
	assert_memory_equal(here.digests, "\1\3", 2);
	assert_int_equal(manifest_referrers(s->db, "b", &subject, see_manifest, &other, &err), 0);
	assert_int_equal(other.count, 0);
	all.count = 0;
	all.stop_at = 2;
	assert_int_equal(manifest_referrers(s->db, NULL, &subject, see_manifest, &all, &err), 42);
	assert_int_equal(all.count, 2);
	memset(&all, 0, sizeof(all));
	assert_int_equal(manifest_each(s->db, see_manifest, &all, &err), 0);
	assert_int_equal(all.count, 5);
	assert_memory_equal(all.digests, "\1\2\3\4\5", 5);
}

static void test_edges(void **state)
{
	struct state *s = *state;
	struct digest one = digest_no(1), two = digest_no(2), layer = digest_no(11);
	struct edge_row edges[] = {
		{.child = digest_no(12), .role = EDGE_CONFIG, .present = 1, .size_bytes = 5},
		{.child = digest_no(11),
	         .role = EDGE_LAYER,
	         .present = 7,
	         .size_bytes = UINT32_MAX},
		{.child = digest_no(11),
	         .role = EDGE_LAYER,
	         .present = 1,
	         .size_bytes = UINT32_MAX},
		{.child = digest_no(10), .role = EDGE_MANIFEST, .platform = "linux/arm64/v8"},
	};
	struct seen seen = {0};
	struct err err = ERR_INIT;

	MUST(edges_put(s->db, &one, edges, COUNT(edges), &err));
	MUST(edges_put(s->db, &two, edges + 1, 1, &err));
	MUST(edges_each(s->db, &one, see_edge, &seen, &err));
	assert_string_equal(
		seen.text,
		"12:1:1:5: 11:2:1:4294967295: 11:2:1:4294967295: 10:3:0:0:linux/arm64/v8 ");
	memset(&seen, 0, sizeof(seen));
	MUST(edges_parents(s->db, &layer, 1, see_edge, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_memory_equal(seen.digests, "\1\2", 2);
	MUST(edges_set_present(s->db, &layer, 0, &err));
	memset(&seen, 0, sizeof(seen));
	MUST(edges_parents(s->db, &layer, 1, see_edge, &seen, &err));
	assert_int_equal(seen.count, 0);
	MUST(edges_parents(s->db, &layer, 0, see_edge, &seen, &err));
	assert_int_equal(seen.count, 2);
	/* Putting replaces; deleting the manifest takes its edges along and nobody else's. */
	MUST(edges_put(s->db, &one, edges, 1, &err));
	memset(&seen, 0, sizeof(seen));
	MUST(edges_each(s->db, &one, see_edge, &seen, &err));
	assert_int_equal(seen.count, 1);
	MUST(manifest_delete(s->db, &one, &err));
	MUST(edges_each(s->db, &one, see_edge, &seen, &err));
	assert_int_equal(seen.count, 1);
	seen.stop_at = 2;
	assert_int_equal(edges_each(s->db, &two, see_edge, &seen, &err), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_manifest),
		STATE_TEST(test_referrers),
		STATE_TEST(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
