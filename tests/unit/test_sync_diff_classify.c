#include "sync/diff/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Our bytes: MD5 01…, composite 02…-3, recorded opaque ETag "kms". Others: "ff…". */
#define OURS      "01010101010101010101010101010101"
#define COMPOSITE "02020202020202020202020202020202-3"
#define OTHER     "ffffffffffffffffffffffffffffffff"

struct one {
	const char *name;
	enum object_class object_class; /* NONE: not in the root */
	const char *listed;             /* ETag, or NULL */
	uint64_t listed_size;
	const char *remembered; /* ETag, or NULL */
	int remembered_digest;  /* 1: ours, 2: another */
	enum etag_meaning meaning;
	bool tombstone, forced;
	int64_t staged_at, modified_at;
	enum diff_kind kind;
};

static const struct one cases[] = {
	{"md5", CLASS_BLOB, OURS, 10, NULL, 0, 0, 0, 0, 0, 0, DIFF_SAME},
	{"md5, other size", CLASS_BLOB, OURS, 11, NULL, 0, 0, 0, 0, 0, 0, DIFF_DIFFERENT},
	{"composite", CLASS_BLOB, COMPOSITE, 10, NULL, 0, 0, 0, 0, 0, 0, DIFF_SAME},
	{"missing", CLASS_BLOB, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, DIFF_MISSING},
	{"missing, remembered", CLASS_BLOB, NULL, 0, OURS, 1, 0, 0, 0, 0, 0, DIFF_MISSING},
	{"other etag", CLASS_BLOB, OTHER, 10, NULL, 0, 0, 0, 0, 0, 0, DIFF_DIFFERENT},
	{"recorded", CLASS_BLOB, "kms", 10, "kms", 1, 0, 0, 0, 0, 0, DIFF_SAME},
	{"recorded of other bytes", CLASS_BLOB, "kms", 10, "kms", 2, 0, 0, 0, 0, 0, DIFF_DIFFERENT},
	{"recorded, other now", CLASS_BLOB, "kms2", 10, "kms", 1, 0, 0, 0, 0, 0, DIFF_DIFFERENT},
	{"opaque blob", CLASS_BLOB, "kms", 10, NULL, 0, ETAG_IS_OPAQUE, 0, 0, 0, 0, DIFF_SAME},
	{"opaque blob, size", CLASS_BLOB, "kms", 9, NULL, 0, ETAG_IS_OPAQUE, 0, 0, 0, 0,
         DIFF_DIFFERENT},
	{"perhaps opaque", CLASS_MANIFEST, OTHER, 10, NULL, 0, ETAG_MAY_TELL, 0, 0, 0, 0,
         DIFF_UNKNOWN},
	{"opaque list", CLASS_TAGS_LIST, "kms", 10, NULL, 0, ETAG_IS_OPAQUE, 0, 0, 0, 0,
         DIFF_DIFFERENT},
	{"list as it was merged", CLASS_REFERRERS, OTHER, 20, OTHER, 1, 0, 0, 0, 0, 0, DIFF_SAME},
	{"… but ours has changed", CLASS_FALLBACK_TAG, OTHER, 20, OTHER, 2, 0, 0, 0, 0, 0,
         DIFF_DIFFERENT},

	{"tag missing, never sent", CLASS_TAG, NULL, 0, NULL, 0, 0, 0, 0, 0, 0, DIFF_MISSING},
	{"tag missing, sent", CLASS_TAG, NULL, 0, OURS, 1, 0, 0, 0, 0, 0, DIFF_GONE},
	{"… and moved here since", CLASS_TAG, NULL, 0, OURS, 2, 0, 0, 0, 0, 0, DIFF_MISSING},
	{"… or forced", CLASS_TAG, NULL, 0, OURS, 1, 0, 0, 1, 0, 0, DIFF_MISSING},
	{"tag same", CLASS_TAG, OURS, 10, OTHER, 2, 0, 0, 0, 0, 0, DIFF_SAME},
	{"tag moved here", CLASS_TAG, OTHER, 10, OTHER, 2, 0, 0, 0, 0, 99, DIFF_DIFFERENT},
	{"tag moved there", CLASS_TAG, OTHER, 10, OURS, 1, 0, 0, 0, 0, 0, DIFF_KEPT},
	{"tag moved on both sides", CLASS_TAG, OTHER, 10, "aa", 2, 0, 0, 0, 99, 0, DIFF_HELD},
	{"… and forced", CLASS_TAG, OTHER, 10, "aa", 2, 0, 0, 1, 99, 0, DIFF_DIFFERENT},
	{"tag, no record, staged later", CLASS_TAG, OTHER, 10, NULL, 0, 0, 0, 0, 20, 10,
         DIFF_DIFFERENT},
	{"tag, no record, bucket later", CLASS_TAG, OTHER, 10, NULL, 0, 0, 0, 0, 10, 20, DIFF_KEPT},
	{"kept, but forced", CLASS_TAG, OTHER, 10, NULL, 0, 0, 0, 1, 10, 20, DIFF_DIFFERENT},

	{"foreign", CLASS_NONE, OTHER, 10, NULL, 0, 0, 0, 0, 0, 0, DIFF_EXTRANEOUS},
	{"untagged, ours", CLASS_NONE, OTHER, 10, OTHER, 1, 0, 1, 0, 0, 0, DIFF_REMOVED},
	{"untagged, moved there", CLASS_NONE, OTHER, 10, OURS, 1, 0, 1, 0, 0, 0, DIFF_EXTRANEOUS},
	{"untagged, never sent", CLASS_NONE, OTHER, 10, NULL, 0, 0, 1, 0, 0, 0, DIFF_EXTRANEOUS},
	{"sent, no tombstone", CLASS_NONE, OTHER, 10, OTHER, 1, 0, 0, 0, 0, 0, DIFF_EXTRANEOUS},
};

static struct digest digest_number(int n)
{
	uint8_t bytes[SHA256_BYTES];

	memset(bytes, n, sizeof(bytes));
	return digest_from_sha256(bytes);
}

static void classifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct one *c = &cases[i];
		struct diff_local local = {.object_class = c->object_class,
		                           .digest = digest_number(1),
		                           .size_bytes = 10,
		                           .staged_at = c->staged_at};
		struct diff_listed listed = {c->listed, c->listed_size, c->modified_at, 0};
		struct diff_remembered remembered = {c->remembered,
		                                     digest_number(c->remembered_digest)};
		struct etag composite;
		struct diff_input in = {.local = c->object_class ? &local : NULL,
		                        .listed = c->listed ? &listed : NULL,
		                        .remembered = c->remembered ? &remembered : NULL,
		                        .composites = &composite,
		                        .composite_count = 1,
		                        .meaning = c->meaning,
		                        .tombstone = c->tombstone,
		                        .forced = c->forced};
		struct diff_verdict v;

		memset(local.md5, 1, sizeof(local.md5));
		assert_true(etag_parse(&composite, COMPOSITE));
		v = diff_classify(&in);
		if (v.kind != c->kind)
			print_error("%s: %s\n", c->name, v.why);
		assert_int_equal(v.kind, c->kind);
	}
}

/* An MD5 that stage has left out equals no ETag, not even one of zeros. */
static void unknown_md5(void **state)
{
	struct diff_local local = {.object_class = CLASS_BLOB, .size_bytes = 10};
	struct diff_listed listed = {"00000000000000000000000000000000", 10, 0, 0};
	struct diff_input in = {.local = &local, .listed = &listed};

	(void)state;
	assert_int_equal(diff_classify(&in).kind, DIFF_DIFFERENT);
	local.md5[0] = 1;
	listed.etag = "01000000000000000000000000000000";
	assert_int_equal(diff_classify(&in).kind, DIFF_SAME);
}

/* FY9: a time of staging is compared with one where the bucket's tag carries it. */
static void contested_tags(void **state)
{
	static const struct {
		int64_t ours, theirs, modified_at;
		enum diff_kind kind;
	} times[] = {
		{20, -1, 10, DIFF_CONTESTED}, {20, 15, 30, DIFF_DIFFERENT}, {20, 25, 10, DIFF_KEPT},
		{20, 20, 10, DIFF_KEPT},      {20, 0, 10, DIFF_DIFFERENT},  {20, 0, 30, DIFF_KEPT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct diff_local local = {
			.object_class = CLASS_TAG, .size_bytes = 10, .staged_at = times[i].ours};
		struct diff_listed listed = {OTHER, 10, times[i].modified_at, times[i].theirs};
		struct diff_input in = {.local = &local, .listed = &listed};

		assert_int_equal(diff_classify(&in).kind, times[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classifies),
		cmocka_unit_test(contested_tags),
		cmocka_unit_test(unknown_md5),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
