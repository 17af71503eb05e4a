#include "db/state/blob.h"

#include "db/state/layer_cache.h"
#include "tests/unit/state.h"

/* Sums of `size` bytes that are not there: only the numbers matter here. */
static struct blob_sums sums_of(uint64_t size, uint64_t part_bytes, uint8_t (*md5s)[MD5_BYTES],
                                uint32_t count)
{
	struct blob_sums sums = {
		.what = SUM_DEFAULT,
		.size_bytes = size,
		.part_bytes = part_bytes,
		.part_count = count,
		.part_md5 = md5s,
	};

	memset(sums.sha256, 2, sizeof(sums.sha256));
	memset(sums.md5, 5, sizeof(sums.md5));
	return sums;
}

static void test_blob(void **state)
{
	struct state *s = *state;
	struct digest d = digest_no(1), other = digest_no(2);
	struct blob_sums sums = sums_of(1234, PART_SIZE_MINIMUM, NULL, 0);
	struct blob_row row;
	struct err err = ERR_INIT;

	assert_int_equal(blob_get(s->db, &d, &row, &err), 0);
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_int_equal(blob_get(s->db, &d, NULL, &err), 1);
	assert_int_equal(blob_get(s->db, &other, NULL, &err), 0);
	assert_int_equal(blob_get(s->db, &d, &row, &err), 1);
	assert_true(digest_equal(&row.digest, &d));
	assert_int_equal(row.size_bytes, 1234);
	assert_memory_equal(row.sha256, sums.sha256, SHA256_BYTES);
	assert_memory_equal(row.md5, sums.md5, MD5_BYTES);
	assert_true(row.verified_at > 1700000000);
	sums.size_bytes = INT64_MAX;
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_int_equal(blob_get(s->db, &d, &row, &err), 1);
	assert_true(row.size_bytes == INT64_MAX);
	MUST(blob_delete(s->db, &d, &err));
	MUST(blob_delete(s->db, &d, &err));
	assert_int_equal(blob_get(s->db, &d, &row, &err), 0);
}

static void assert_parts(struct db *db, const struct digest *d, uint64_t part_bytes, int expected,
                         uint8_t (*md5s)[MD5_BYTES], uint32_t count)
{
	AUTO_FREE uint8_t(*got)[MD5_BYTES] = NULL;
	uint8_t composite[MD5_BYTES], wanted[MD5_BYTES];
	uint32_t got_count = 0;
	struct err err = ERR_INIT;

	assert_int_equal(blob_parts_get(db, d, part_bytes, &got, &got_count, &err), expected);
	assert_int_equal(blob_composite_get(db, d, part_bytes, composite, &err), expected);
	if (expected != 1)
		return;
	assert_int_equal(got_count, count);
	assert_memory_equal(got, md5s, (size_t)count * MD5_BYTES);
	MUST(hash_once(HASH_MD5, md5s, (size_t)count * MD5_BYTES, wanted, &err));
	assert_memory_equal(composite, wanted, MD5_BYTES);
}

static void test_parts(void **state)
{
	struct state *s = *state;
	uint8_t md5s[3][MD5_BYTES], single[1][MD5_BYTES];
	struct digest d = digest_no(1);
	struct blob_sums sums = sums_of(11 * MIB, 5 * MIB, md5s, 3);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(md5s); i++)
		memset(md5s[i], (int)(40 + i), MD5_BYTES);
	memset(single, 5, sizeof(single));
	assert_parts(s->db, &d, 5 * MIB, 0, NULL, 0);
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_parts(s->db, &d, 5 * MIB, 1, md5s, 3);
	assert_parts(s->db, &d, 8 * MIB, 0, NULL, 0);
	assert_parts(s->db, &d, 11 * MIB - 1, 0, NULL, 0);
	/* What fits in one part needs no record. */
	assert_parts(s->db, &d, 11 * MIB, 1, single, 1);
	assert_parts(s->db, &d, 5120 * MIB, 1, single, 1);
	/* Another cut is kept beside the first, also when the blob is verified again. */
	sums.part_bytes = 8 * MIB;
	sums.part_count = 2;
	MUST(blob_parts_put(s->db, &d, &sums, &err));
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_parts(s->db, &d, 8 * MIB, 1, md5s, 2);
	assert_parts(s->db, &d, 5 * MIB, 1, md5s, 3);
	MUST(blob_delete(s->db, &d, &err));
	assert_parts(s->db, &d, 5 * MIB, 0, NULL, 0);
	assert_parts(s->db, &d, 8 * MIB, 0, NULL, 0);
}

/* Without the MD5 of the whole a cut into one part is recorded like any other. */
static void test_md5_not_computed(void **state)
{
	struct state *s = *state;
	uint8_t md5s[3][MD5_BYTES] = {{1}, {2}, {3}}, single[1][MD5_BYTES] = {{9}};
	struct digest d = digest_no(1);
	struct blob_sums sums = sums_of(11 * MIB, 5 * MIB, md5s, 3);
	struct blob_row row;
	struct err err = ERR_INIT;

	memset(sums.md5, 0, sizeof(sums.md5));
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_int_equal(blob_get(s->db, &d, &row, &err), 1);
	assert_false(md5_known(row.md5));
	assert_parts(s->db, &d, 5 * MIB, 1, md5s, 3);
	assert_parts(s->db, &d, 16 * MIB, 0, NULL, 0);
	sums.part_bytes = 16 * MIB;
	sums.part_count = 1;
	sums.part_md5 = single;
	MUST(blob_parts_put(s->db, &d, &sums, &err));
	assert_parts(s->db, &d, 16 * MIB, 1, single, 1);
}

/* Parts that are too small for S3 to take are not worth their space. */
static void test_parts_too_many(void **state)
{
	struct state *s = *state;
	AUTO_FREE uint8_t(*md5s)[MD5_BYTES] = calloc(PART_COUNT_MAX, MD5_BYTES);
	struct digest d = digest_no(1);
	struct blob_sums sums = sums_of(50000 * MIB, 5 * MIB, md5s, PART_COUNT_MAX);
	struct err err = ERR_INIT;

	assert_non_null(md5s);
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_parts(s->db, &d, 5 * MIB, 1, md5s, PART_COUNT_MAX);
	MUST(blob_delete(s->db, &d, &err));
	sums.size_bytes++;
	MUST(blob_put(s->db, &d, &sums, &err));
	assert_parts(s->db, &d, 5 * MIB, 0, NULL, 0);
}

static void test_damaged(void **state)
{
	struct state *s = *state;
	struct digest d = digest_no(1);
	struct blob_sums sums = sums_of(11 * MIB, 5 * MIB, (uint8_t[3][MD5_BYTES]){{0}}, 3);
	AUTO_FREE uint8_t(*md5s)[MD5_BYTES] = NULL;
	uint8_t composite[MD5_BYTES];
	struct blob_row row;
	uint32_t count;
	struct err err = ERR_INIT;

	MUST(blob_put(s->db, &d, &sums, &err));
	MUST(db_exec(s->db, "UPDATE blob_parts SET md5s = x'00', composite = x'00'", &err));
	MUST_FAIL(blob_parts_get(s->db, &d, 5 * MIB, &md5s, &count, &err), ERR_NO_STATE);
	MUST_FAIL(blob_composite_get(s->db, &d, 5 * MIB, composite, &err), ERR_NO_STATE);
	/* Whole MD5s, but not as many as there are parts. */
	MUST(db_exec(s->db, "UPDATE blob_parts SET md5s = zeroblob(32)", &err));
	MUST_FAIL(blob_parts_get(s->db, &d, 5 * MIB, &md5s, &count, &err), ERR_NO_STATE);
	MUST(db_exec(s->db, "UPDATE blob SET md5 = x'00'", &err));
	MUST_FAIL(blob_get(s->db, &d, &row, &err), ERR_NO_STATE);
}

static void test_layer_cache(void **state)
{
	struct state *s = *state;
	struct digest diff_id = digest_no(1), blob = digest_no(2), newer = digest_no(3), got;
	struct blob_sums sums = sums_of(10, PART_SIZE_MINIMUM, NULL, 0);
	struct err err = ERR_INIT;

	assert_int_equal(layer_cache_get(s->db, &diff_id, "gzip:6", &got, &err), 0);
	MUST(layer_cache_put(s->db, &diff_id, "gzip:6", &blob, &err));
	assert_int_equal(layer_cache_get(s->db, &diff_id, "gzip:6", &got, &err), 0); /* no blob */
	MUST(blob_put(s->db, &blob, &sums, &err));
	assert_int_equal(layer_cache_get(s->db, &diff_id, "gzip:6", &got, &err), 1);
	assert_true(digest_equal(&got, &blob));
	assert_int_equal(layer_cache_get(s->db, &diff_id, "zstd:3", &got, &err), 0);
	assert_int_equal(layer_cache_get(s->db, &blob, "gzip:6", &got, &err), 0);
	MUST(blob_put(s->db, &newer, &sums, &err));
	MUST(layer_cache_put(s->db, &diff_id, "gzip:6", &newer, &err));
	assert_int_equal(layer_cache_get(s->db, &diff_id, "gzip:6", &got, &err), 1);
	assert_true(digest_equal(&got, &newer));
	/* What is pruned does not come back with its blob. */
	MUST(layer_cache_put(s->db, &diff_id, "zstd:3", &blob, &err));
	MUST(blob_delete(s->db, &blob, &err));
	MUST(layer_cache_prune(s->db, &err));
	MUST(blob_put(s->db, &blob, &sums, &err));
	CASE(layer_cache_get(s->db, &diff_id, "zstd:3", &got, &err) == 0, "FT6: is not pruned");
	assert_int_equal(layer_cache_get(s->db, &diff_id, "gzip:6", &got, &err), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(test_blob),           STATE_TEST(test_parts),
		STATE_TEST(test_parts_too_many), STATE_TEST(test_md5_not_computed),
		STATE_TEST(test_damaged),        STATE_TEST(test_layer_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
