#include "stage/page/survey.h"

#include "base/layout.h"
#include "base/media_type.h"
#include "db/state/blob.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"
#include "stage/page/repository_pages.h"
#include "stage/page/tree_document.h"
#include "tests/unit/state.h"

/*
 * Repository app: images 1 (layers 11, 12) and 2 (layers 11, 13); an index 3 of 1 and of 9, which
 * is not here. Layer 11 is in tools, too. A blob or manifest n has 1000 + n bytes.
 */
static void put_blob(struct state *s, uint8_t no)
{
	struct digest d = digest_no(no);
	struct blob_sums sums = {.what = SUM_DEFAULT, .size_bytes = 1000u + no};
	struct err err = ERR_INIT;

	MUST(blob_put(s->db, &d, &sums, &err));
}

static void put_object(struct state *s, const char *repo, uint8_t no,
                       enum object_class object_class)
{
	struct object_row row = {
		.object_class = object_class, .digest = digest_no(no), .size_bytes = 1000u + no};
	struct err err = ERR_INIT;

	if (object_class == CLASS_BLOB)
		(void)layout_blob(row.key, repo, &row.digest);
	else
		(void)layout_manifest(row.key, repo, &row.digest);
	MUST(object_put(s->db, &row, &err));
}

static void put_manifest(struct state *s, uint8_t no, const char *type, const char *platform,
                         const struct edge_row *edges, size_t count)
{
	struct manifest_row row = {
		.digest = digest_no(no), .media_type = type, .platform = platform};
	struct err err = ERR_INIT;

	MUST(manifest_put(s->db, &row, &err));
	MUST(edges_put(s->db, &row.digest, edges, count, &err));
	put_blob(s, no);
	put_object(s, "app", no, CLASS_MANIFEST);
}

static struct edge_row edge(uint8_t no, enum edge_role role, int present, const char *platform)
{
	struct edge_row row = {digest_no(no), role, present, 1000u + no, ""};

	(void)snprintf(row.platform, sizeof(row.platform), "%s", platform);
	return row;
}

static void put_tag(struct state *s, const char *name, uint8_t no, int64_t at)
{
	struct digest d = digest_no(no);
	struct err err = ERR_INIT;

	MUST(tag_put_since(s->db, "app", name, &d, at, &err));
}

static void fill(struct state *s)
{
	const struct edge_row one[] = {edge(11, EDGE_LAYER, 1, ""), edge(12, EDGE_LAYER, 1, "")};
	const struct edge_row two[] = {edge(11, EDGE_LAYER, 1, ""), edge(13, EDGE_LAYER, 1, "")};
	const struct edge_row index[] = {edge(1, EDGE_MANIFEST, 1, "linux/amd64"),
	                                 edge(9, EDGE_MANIFEST, 0, "linux/arm64")};

	for (uint8_t no = 11; no <= 13; no++) {
		put_blob(s, no);
		put_object(s, "app", no, CLASS_BLOB);
	}
	put_object(s, "tools", 11, CLASS_BLOB);
	put_object(s, "app2", 99, CLASS_BLOB); /* beside app in the order of keys */
	put_manifest(s, 1, MT_OCI_MANIFEST, "linux/amd64", one, 2);
	put_manifest(s, 2, MT_OCI_MANIFEST, "linux/riscv64", two, 2);
	put_manifest(s, 3, MT_OCI_INDEX, NULL, index, 2);
	put_tag(s, "1.9", 1, 100);
	put_tag(s, "1.10", 2, 100);
	put_tag(s, "latest", 2, 50);
	put_tag(s, "multi", 3, 200);
	put_tag(s,
	        "sha256-"
	        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig",
	        1, 300);
}

static void test_survey(void **state)
{
	struct state *s = *state;
	struct root root = ROOT_INIT;
	struct survey survey;
	struct err err = ERR_INIT;
	static const char *const order[] = {"multi", "1.10", "1.9", "latest"};

	fill(s);
	root.db = s->db;
	MUST(survey_open(&survey, &root, "app", &err));
	assert_int_equal(survey.tag_count, 5);
	for (size_t i = 0; i < COUNT(order); i++)
		CASE(strcmp(survey_text(&survey, survey.tags[i].name), order[i]) == 0, "%s is %s",
		     order[i], survey_text(&survey, survey.tags[i].name));
	assert_true(survey.tags[4].companion);
	assert_int_equal(survey.image_count, 3);
	/* 1.10 and latest are one image. */
	assert_int_equal(survey.tags[1].image, survey.tags[3].image);
	assert_int_equal(survey.tags[1].next, 3 + 1);
	assert_int_equal(survey.tags[3].next, 0);
	assert_int_equal(survey.images[survey.tags[1].image].bytes, 1002 + 1011 + 1013);
	assert_int_equal(survey.images[survey.tags[0].image].bytes, 1003 + 1001 + 1011 + 1012);
	assert_string_equal(survey_text(&survey, survey.images[survey.tags[0].image].platforms),
	                    "linux/amd64");
	assert_string_equal(survey_text(&survey, survey.platforms), "linux/amd64, linux/riscv64");
	assert_int_equal(survey.bytes, 1001 + 1002 + 1003 + 1011 + 1012 + 1013);
	assert_int_equal(survey.unshared_bytes,
	                 (1002 + 1011 + 1013) + (1003 + 1001 + 1011 + 1012) + (1001 + 1011 + 1012));
	assert_int_equal(survey.staged_at, 300);
	survey_close(&survey);
}

static void test_sharing(void **state)
{
	struct state *s = *state;
	struct root root = ROOT_INIT;
	struct digest shared = digest_no(11), own = digest_no(13), none = digest_no(77);
	struct survey survey;
	struct err err = ERR_INIT;

	fill(s);
	root.db = s->db;
	MUST(survey_open(&survey, &root, "app", &err));
	assert_int_equal(survey_layer(&survey, &shared)->images, 3);
	assert_int_equal(survey_layer(&survey, &own)->images, 1);
	assert_null(survey_layer(&survey, &none));
	assert_string_equal(survey_elsewhere(&survey, &shared, &err), "tools");
	assert_string_equal(survey_elsewhere(&survey, &own, &err), "");
	assert_string_equal(survey_elsewhere(&survey, &none, &err), "");
	survey_close(&survey);
}

/* A layer that many other repositories have is not looked for in all of them. */
static void test_elsewhere(void **state)
{
	struct state *s = *state;
	struct root root = ROOT_INIT;
	struct digest shared = digest_no(11);
	char repo[16];
	struct survey survey;
	struct err err = ERR_INIT;

	fill(s);
	for (int i = 0; i < 30; i++) {
		(void)snprintf(repo, sizeof(repo), "r%02d", i);
		put_object(s, repo, 11, CLASS_BLOB);
	}
	root.db = s->db;
	MUST(survey_open(&survey, &root, "app", &err));
	assert_string_equal(survey_elsewhere(&survey, &shared, &err),
	                    "r00, r01, r02, r03 and others");
	survey_close(&survey);
}

static void test_empty(void **state)
{
	struct state *s = *state;
	struct root root = ROOT_INIT;
	struct survey survey;
	struct err err = ERR_INIT;

	root.db = s->db;
	MUST(survey_open(&survey, &root, "none", &err));
	assert_int_equal(survey.tag_count + survey.image_count + survey.bytes, 0);
	assert_string_equal(survey_text(&survey, survey.platforms), "");
	survey_close(&survey);
}

static void test_digits(void **state)
{
	(void)state;
	assert_int_equal(repository_pages_digits(0), 0);
	assert_int_equal(repository_pages_digits(48), 0);
	assert_int_equal(repository_pages_digits(49), 1);
	assert_int_equal(repository_pages_digits((size_t)48 * 16), 1);
	assert_int_equal(repository_pages_digits((size_t)48 * 16 + 1), 2);
	assert_int_equal(repository_pages_digits((size_t)1 << 62), 8);
}

static void test_times(void **state)
{
	(void)state;
	assert_int_equal(tree_document_time("2024-05-01T12:00:00Z"), 1714564800);
	assert_int_equal(tree_document_time("2024-05-01T12:00:00.123456789Z"), 1714564800);
	assert_int_equal(tree_document_time("2024-05-01T14:00:00.5+02:00"), 1714564800);
	assert_int_equal(tree_document_time("2024-05-01T10:30:00-01:30"), 1714564800);
	assert_int_equal(tree_document_time("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(tree_document_time("0001-01-01T00:00:00Z"), 0);
	assert_int_equal(tree_document_time("yesterday"), 0);
	assert_int_equal(tree_document_time("2024-05-01 12:00:00 and more"), 0);
	assert_int_equal(tree_document_time(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_survey),       STATE_TEST(test_sharing),
		STATE_TEST(test_elsewhere),    STATE_TEST(test_empty),
		cmocka_unit_test(test_digits), cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
