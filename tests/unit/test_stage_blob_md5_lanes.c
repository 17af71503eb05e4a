#include "stage/blob/md5_lanes.h"

#include "tests/unit/check.h"

enum { BLOCKS_MAX = 40 };

static uint8_t data[MD5_LANES][BLOCKS_MAX * MD5_BLOCK_BYTES];

static void sum(size_t blocks, size_t piece, uint8_t md5[MD5_LANES][MD5_BYTES])
{
	struct md5_lanes m;

	md5_lanes_start(&m);
	for (size_t at = 0; at < blocks; at += piece) {
		const uint8_t *lanes[MD5_LANES];

		for (int i = 0; i < MD5_LANES; i++)
			lanes[i] = data[i] + at * MD5_BLOCK_BYTES;
		md5_lanes_add(&m, lanes, blocks - at < piece ? blocks - at : piece);
	}
	md5_lanes_finish(&m, blocks * MD5_BLOCK_BYTES, md5);
}

/* RFC 1321, A.5: the MD5 of nothing. */
static void test_nothing(void **state)
{
	uint8_t md5[MD5_LANES][MD5_BYTES];
	char hex[2 * MD5_BYTES + 1];

	(void)state;
	sum(0, 1, md5);
	for (int i = 0; i < MD5_LANES; i++)
		assert_string_equal(hex_text(md5[i], MD5_BYTES, hex),
		                    "d41d8cd98f00b204e9800998ecf8427e");
}

/* Each lane has its own message's sum, as OpenSSL computes it, in pieces of any size. */
static void test_equals_openssl(void **state)
{
	uint8_t md5[MD5_LANES][MD5_BYTES], expected[MD5_BYTES];
	struct err err = ERR_INIT;
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		x = x * 1664525 + 1013904223;
		data[i / sizeof(data[0])][i % sizeof(data[0])] = (uint8_t)(x >> 24);
	}
	for (size_t blocks = 1; blocks <= BLOCKS_MAX; blocks++) {
		for (size_t piece = 1; piece <= blocks; piece += 3) {
			sum(blocks, piece, md5);
			for (int i = 0; i < MD5_LANES; i++) {
				MUST(hash_once(HASH_MD5, data[i], blocks * MD5_BLOCK_BYTES,
				               expected, &err));
				CASE(memcmp(md5[i], expected, MD5_BYTES) == 0,
				     "lane %d, %zu blocks, %zu at a time", i, blocks, piece);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_equals_openssl),
	};

	return cmocka_run_group_tests_name("md5_lanes", tests, NULL, NULL);
}
