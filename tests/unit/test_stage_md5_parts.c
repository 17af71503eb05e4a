#include "stage/md5_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 1321, A.5. */
static const struct {
	const char *text, *md5;
} published[] = {
	{"", "d41d8cd98f00b204e9800998ecf8427e"},
	{"a", "0cc175b9c0f1b6a831c399e269772661"},
	{"abc", "900150983cd24fb0d6963f7d28e17f72"},
	{"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
	{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
	{"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
};

static void sum(const void *data, size_t len, size_t piece, uint64_t part_bytes,
                struct blob_sums *sums)
{
	struct md5_parts m;
	struct err err = ERR_INIT;

	md5_parts_start(&m, part_bytes);
	for (size_t at = 0; at < len; at += piece)
		assert_int_equal(md5_parts_add(&m, (const uint8_t *)data + at,
		                               len - at < piece ? len - at : piece, &err),
		                 0);
	assert_int_equal(md5_parts_finish(&m, sums, &err), 0);
	md5_parts_release(&m);
}

static void test_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct blob_sums sums = {0};
		char hex[2 * MD5_BYTES + 1];

		sum(published[i].text, strlen(published[i].text), 100, 64, &sums);
		assert_string_equal(hex_text(sums.md5, MD5_BYTES, hex), published[i].md5);
		if (strlen(published[i].text) <= 64) {
			assert_int_equal(sums.part_count, 1);
			assert_string_equal(hex_text(sums.part_md5[0], MD5_BYTES, hex),
			                    published[i].md5);
		}
		blob_sums_release(&sums);
	}
}

/* The same as OpenSSL's for every length around blocks and parts, in pieces of any size. */
static void test_equals_openssl(void **state)
{
	static const uint64_t parts[] = {64, 128, 192, 1024, 1 << 20};
	static const size_t pieces[] = {1, 7, 63, 64, 65, 100, 1000};
	uint8_t data[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i >> 3);
	for (size_t len = 0; len <= sizeof(data); len += len < 300 ? 1 : 13) {
		for (size_t i = 0; i < 5 * 7; i++) {
			struct blob_summer s = BLOB_SUMMER_INIT;
			struct blob_sums expected = {0}, sums = {0};
			struct err err = ERR_INIT;

			assert_int_equal(
				blob_summer_start(&s, SUM_MD5 | SUM_PART_MD5, parts[i % 5], &err),
				0);
			assert_int_equal(blob_summer_add(&s, data, len, &err), 0);
			assert_int_equal(blob_summer_finish(&s, &expected, &err), 0);
			blob_summer_release(&s);
			sum(data, len, pieces[i / 5], parts[i % 5], &sums);
			assert_int_equal(sums.what, SUM_MD5 | SUM_PART_MD5);
			assert_int_equal(sums.size_bytes, len);
			assert_int_equal(sums.part_bytes, parts[i % 5]);
			assert_int_equal(sums.part_count, expected.part_count);
			assert_memory_equal(sums.md5, expected.md5, MD5_BYTES);
			assert_memory_equal(sums.part_md5, expected.part_md5,
			                    sums.part_count * (size_t)MD5_BYTES);
			blob_sums_release(&sums);
			blob_sums_release(&expected);
		}
	}
}

/* The parts of 5 MiB of 'A', 'B' and 'C', whose multipart ETag is well known. */
static void test_multipart_etag(void **state)
{
	const size_t part = 5 << 20;
	uint8_t *data = malloc(3 * part), md5[MD5_BYTES];
	struct blob_sums sums = {0};
	struct err err = ERR_INIT;
	char hex[2 * MD5_BYTES + 1];

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3; i++)
		memset(data + i * part, 'A' + (int)i, part);
	sum(data, 3 * part, 1 << 18, part, &sums);
	free(data);
	assert_int_equal(sums.part_count, 3);
	assert_int_equal(hash_once(HASH_MD5, sums.part_md5, 3 * (size_t)MD5_BYTES, md5, &err), 0);
	assert_string_equal(hex_text(md5, MD5_BYTES, hex), "b2add96cc9702bbf4efb0ccdfc6b7747");
	blob_sums_release(&sums);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_equals_openssl),
		cmocka_unit_test(test_multipart_etag),
	};

	return cmocka_run_group_tests_name("md5_parts", tests, NULL, NULL);
}
