#include "base/blob_sum.h"

#include "tests/unit/check.h"

/* Three parts of 5 MiB, of 'A', 'B' and 'C': the vector that S3's multipart ETag is known by. */
static void test_multipart_vector(void **state)
{
	static const size_t steps[] = {1000003, 5 * MIB, 4096, 15 * MIB};
	char *data = malloc(15 * MIB);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3; i++)
		memset(data + i * 5 * MIB, (int)('A' + i), 5 * MIB);
	for (size_t k = 0; k < COUNT(steps); k++) {
		struct blob_summer s = BLOB_SUMMER_INIT;
		struct blob_sums sums = {0};
		struct err err = ERR_INIT;
		uint8_t composite[MD5_BYTES], one[SHA512_BYTES];
		char hex[2 * MD5_BYTES + 1];

		MUST(blob_summer_start(&s, SUM_DEFAULT | SUM_SHA512, PART_SIZE_MINIMUM, &err));
		for (size_t at = 0; at < 15 * MIB; at += steps[k]) {
			size_t left = 15 * MIB - at;

			MUST(blob_summer_add(&s, data + at, left < steps[k] ? left : steps[k],
			                     &err));
		}
		MUST(blob_summer_finish(&s, &sums, &err));
		assert_int_equal(sums.size_bytes, 15 * MIB);
		assert_int_equal(sums.part_bytes, 5 * MIB);
		assert_int_equal(sums.part_count, 3);
		MUST(hash_once(HASH_MD5, sums.part_md5, (size_t)3 * MD5_BYTES, composite, &err));
		assert_string_equal(hex_text(composite, MD5_BYTES, hex),
		                    "b2add96cc9702bbf4efb0ccdfc6b7747");
		MUST(hash_once(HASH_SHA256, data, 15 * MIB, one, &err));
		assert_memory_equal(sums.sha256, one, SHA256_BYTES);
		MUST(hash_once(HASH_SHA512, data, 15 * MIB, one, &err));
		assert_memory_equal(sums.sha512, one, SHA512_BYTES);
		MUST(hash_once(HASH_MD5, data, 15 * MIB, one, &err));
		assert_memory_equal(sums.md5, one, MD5_BYTES);
		blob_sums_release(&sums);
		blob_summer_release(&s);
	}
	free(data);
}

/* Every way in which data can end beside a part's end. */
static void test_part_edges(void **state)
{
	static const struct {
		size_t size;
		uint32_t parts;
	} cases[] = {{0, 1}, {1, 1}, {9, 1}, {10, 1}, {11, 2}, {20, 2}, {21, 3}, {1000, 100}};
	struct blob_summer s = BLOB_SUMMER_INIT; /* one for all: it can be started again */
	struct err err = ERR_INIT;
	uint8_t data[1000], md5[MD5_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct blob_sums sums = {0};

		MUST(blob_summer_start(&s, SUM_PART_MD5, 10, &err));
		MUST(blob_summer_add(&s, data, cases[i].size, &err));
		MUST(blob_summer_finish(&s, &sums, &err));
		assert_int_equal(sums.what, SUM_PART_MD5);
		assert_int_equal(sums.part_count, cases[i].parts);
		assert_int_equal(sums.part_count, part_count(cases[i].size, 10));
		for (uint32_t part = 0; part < sums.part_count; part++) {
			MUST(hash_once(HASH_MD5, data + 10 * part,
			               part_length(cases[i].size, 10, part + 1), md5, &err));
			assert_memory_equal(sums.part_md5[part], md5, MD5_BYTES);
		}
		blob_sums_release(&sums);
		assert_null(sums.part_md5);
	}
	blob_summer_release(&s);
}

static void sum_of(struct blob_sums *sums, unsigned what)
{
	struct blob_summer s = BLOB_SUMMER_INIT;
	struct err err = ERR_INIT;

	MUST(blob_summer_start(&s, what, 4, &err));
	MUST(blob_summer_add(&s, "hello, world", 12, &err));
	MUST(blob_summer_finish(&s, sums, &err));
	blob_summer_release(&s);
}

static void test_merge(void **state)
{
	struct blob_sums all = {0}, merged = {0}, part = {0};
	static const unsigned kinds[] = {SUM_MD5, SUM_PART_MD5 | SUM_SHA512, SUM_SHA256,
	                                 SUM_DEFAULT};

	(void)state;
	sum_of(&all, SUM_DEFAULT | SUM_SHA512);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		sum_of(&part, kinds[i]);
		blob_sums_merge(&merged, &part);
		blob_sums_release(&part);
	}
	assert_int_equal(merged.what, all.what);
	assert_int_equal(merged.size_bytes, 12);
	assert_memory_equal(merged.sha256, all.sha256, SHA256_BYTES);
	assert_memory_equal(merged.sha512, all.sha512, SHA512_BYTES);
	assert_memory_equal(merged.md5, all.md5, MD5_BYTES);
	assert_int_equal(merged.part_bytes, 4);
	assert_int_equal(merged.part_count, 3);
	assert_memory_equal(merged.part_md5, all.part_md5, 3 * MD5_BYTES);
	/* What knows nothing teaches nothing, not even a size. */
	blob_sums_merge(&merged, &part);
	assert_int_equal(merged.size_bytes, 12);
	blob_sums_release(&merged);
	blob_sums_release(&all);
}

static void test_digest(void **state)
{
	struct blob_sums sums = {0};
	struct digest d;
	char text[DIGEST_TEXT_MAX];

	(void)state;
	assert_int_equal(blob_sums_for(DIGEST_SHA256), SUM_SHA256);
	assert_int_equal(blob_sums_for(DIGEST_SHA512), SUM_SHA512);
	sum_of(&sums, SUM_SHA256 | SUM_SHA512);
	d = blob_sums_digest(&sums, DIGEST_SHA256);
	assert_string_equal(
		digest_text(&d, text),
		"sha256:09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b");
	d = blob_sums_digest(&sums, DIGEST_SHA512);
	assert_string_equal(
		digest_text(&d, text),
		"sha512:8710339dcb6814d0d9d2290ef422285c9322b7163951f9a0ca8f883d3305286f"
		"44139aa374848e4174f5aada663027e4548637b6d19894aec4fb6c46a139fbf9");
	blob_sums_release(&sums);
}

/* A summer that is dropped half way keeps nothing. */
static void test_release_early(void **state)
{
	struct blob_summer s = BLOB_SUMMER_INIT;
	struct err err = ERR_INIT;

	(void)state;
	MUST(blob_summer_start(&s, SUM_DEFAULT, 4, &err));
	MUST(blob_summer_add(&s, "hello, world", 12, &err));
	blob_summer_release(&s);
	blob_summer_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_multipart_vector),
		cmocka_unit_test(test_part_edges),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_release_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
