#include "base/hash.h"

#include "tests/unit/check.h"

/* NIST's and the RFCs' vectors (RFC 1321 A.5; FIPS 180-4 examples). */
static const struct {
	enum hash_kind kind;
	const char *text, *hex;
} vectors[] = {
	{HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
	{HASH_MD5, "a", "0cc175b9c0f1b6a831c399e269772661"},
	{HASH_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
	{HASH_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
	{HASH_MD5, "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
	{HASH_MD5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
	{HASH_MD5,
         "1234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "0",
         "57edf4a22be3c955ac49da2e2107b67a"},
	{HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{HASH_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{HASH_SHA512, "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{HASH_SHA512, "",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
};

static void test_vectors(void **state)
{
	struct hash h = HASH_INIT;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const char *text = vectors[i].text;
		size_t len = strlen(text), size = hash_size(vectors[i].kind);
		uint8_t out[HASH_BYTES_MAX];
		char hex[2 * HASH_BYTES_MAX + 1];

		assert_int_equal(2 * size, strlen(vectors[i].hex));
		MUST(hash_once(vectors[i].kind, text, len, out, &err));
		assert_string_equal(hex_text(out, size, hex), vectors[i].hex);
		/* Byte by byte, in an object that is used again and again. */
		memset(out, 0, sizeof(out));
		MUST(hash_start(&h, vectors[i].kind, &err));
		for (size_t k = 0; k < len; k++)
			MUST(hash_add(&h, text + k, 1, &err));
		MUST(hash_finish(&h, out, &err));
		assert_string_equal(hex_text(out, size, hex), vectors[i].hex);
	}
	hash_release(&h);
	hash_release(&h);
}

/* A million 'a' (FIPS 180-4); and a hash begun anew forgets what it was fed. */
static void test_million(void **state)
{
	struct hash h = HASH_INIT;
	struct err err = ERR_INIT;
	uint8_t out[SHA256_BYTES];
	char block[1000], hex[2 * SHA256_BYTES + 1];

	(void)state;
	memset(block, 'a', sizeof(block));
	MUST(hash_start(&h, HASH_SHA256, &err));
	MUST(hash_add(&h, "forgotten", 9, &err));
	MUST(hash_start(&h, HASH_SHA256, &err));
	for (int i = 0; i < 1000; i++)
		MUST(hash_add(&h, block, sizeof(block), &err));
	MUST(hash_finish(&h, out, &err));
	hash_release(&h);
	assert_string_equal(hex_text(out, sizeof(out), hex),
	                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_hmac(void **state) /* RFC 4231 */
{
	static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	char key_0b[20], key_aa[131], data_dd[50], hex[2 * SHA256_BYTES + 1];
	const struct {
		const char *key;
		size_t key_len;
		const char *data;
		size_t len;
		const char *hex;
	} cases[] = {
		{key_0b, 20, "Hi There", 8,
	         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", 4, "what do ya want for nothing?", 28,
	         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{key_aa, 20, data_dd, 50,
	         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{key_aa, 131, larger, sizeof(larger) - 1,
	         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{"", 0, "", 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
	};

	(void)state;
	memset(key_0b, 0x0b, sizeof(key_0b));
	memset(key_aa, 0xaa, sizeof(key_aa));
	memset(data_dd, 0xdd, sizeof(data_dd));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		uint8_t out[SHA256_BYTES];

		MUST(hash_hmac_sha256(cases[i].key, cases[i].key_len, cases[i].data, cases[i].len,
		                      out, &err));
		assert_string_equal(hex_text(out, sizeof(out), hex), cases[i].hex);
	}
}

static void test_kind(void **state)
{
	(void)state;
	assert_int_equal(hash_kind_of(DIGEST_SHA256), HASH_SHA256);
	assert_int_equal(hash_kind_of(DIGEST_SHA512), HASH_SHA512);
	assert_int_equal(hash_size(HASH_MD5), MD5_BYTES);
}

static void test_hex(void **state)
{
	uint8_t out[3];
	char text[7];

	(void)state;
	assert_string_equal(hex_text((const uint8_t *)"\x00\xab\xff", 3, text), "00abff");
	assert_string_equal(hex_text((const uint8_t *)"", 0, text), "");
	assert_int_equal(hex_parse("00aBfF", 6, out, 3), 0);
	assert_memory_equal(out, "\x00\xab\xff", 3);
	assert_int_equal(hex_parse("00abf", 5, out, 3), -1);
	assert_int_equal(hex_parse("00abff0", 7, out, 3), -1);
	assert_int_equal(hex_parse("00abfg", 6, out, 3), -1);
	assert_int_equal(hex_parse("0x00ab", 6, out, 3), -1);
	assert_int_equal(hex_parse("", 0, out, 0), 0);
}

static void test_base64(void **state) /* RFC 4648, section 10 */
{
	static const struct {
		const char *text, *base64;
	} cases[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "//79"},
		{"\xfb\xef", "++8="},
	};
	static const char *const bad[] = {
		"Z",
		"Zg",
		"Zg=",
		"=",
		"====",
		"Z===",
		"Zg==Zg==",
		"Zm9=Zg==",
		"Zm9v\n",
		" Zm9v",
		"Zm-v",
		"Zm_v",
		"Zh==" /* bits left over */,
		"Zm9=" /* the same */,
		"Zg=A",
	};
	char text[20];
	uint8_t out[20] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);

		assert_string_equal(base64_text((const uint8_t *)cases[i].text, len, text),
		                    cases[i].base64);
		assert_int_equal(base64_parse(text, strlen(text), out, len), len);
		assert_memory_equal(out, cases[i].text, len);
		if (len)
			assert_int_equal(base64_parse(text, strlen(text), out, len - 1), -1);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		CASE(base64_parse(bad[i], strlen(bad[i]), out, sizeof(out)) == -1, "'%s'", bad[i]);
	/* A Content-MD5 fits where it is said to fit. */
	assert_int_equal(strlen(base64_text(out, MD5_BYTES, (char[BASE64_MD5_MAX]){0})) + 1,
	                 BASE64_MD5_MAX);
}

static void test_random(void **state)
{
	uint8_t a[16] = {0}, b[16] = {0};
	struct err err = ERR_INIT;

	(void)state;
	MUST(random_bytes(a, sizeof(a), &err));
	MUST(random_bytes(b, sizeof(b), &err));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_million),
		cmocka_unit_test(test_hmac),    cmocka_unit_test(test_kind),
		cmocka_unit_test(test_hex),     cmocka_unit_test(test_base64),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
