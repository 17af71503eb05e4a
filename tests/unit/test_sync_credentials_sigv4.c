/*
 * Published vectors: the four of the S3 documentation, and those of the AWS signing test suite
 * (aws-c-auth, tests/aws-signing-test-suite/v4) that do not normalise the path, since S3 does not.
 */
#include "base/http/uri.h"
#include "sync/credentials/sigv4.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define EMPTY     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define TOKEN     "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
#define ALPHABET  "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define FORM_HASH "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"

struct vector {
	const char *name;
	const char *method;
	const char *path; /* not encoded */
	struct sigv4_pair query[4];
	struct sigv4_pair headers[4]; /* beside host and x-amz-date */
	const char *payload;          /* NULL: EMPTY */
	const char *signature;
};

/* AKIDEXAMPLE, 20150830T123600Z, us-east-1, service "service", example.amazonaws.com. */
static const struct vector suite[] = {
	{.name = "get-vanilla",
         .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{.name = "get-vanilla-query-order-key-case",
         .query = {{"Param2", "value2"}, {"Param1", "value1"}},
         .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{.name = "get-vanilla-query-order-encoded",
         .query = {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}},
         .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{.name = "get-vanilla-empty-query-key",
         .query = {{"Param1", "value1"}},
         .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	{.name = "get-vanilla-query-unreserved",
         .query = {{ALPHABET, ALPHABET}},
         .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{.name = "get-vanilla-utf8-query",
         .query = {{"\xe1\x88\xb4", "bar"}},
         .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{.name = "get-unreserved",
         .path = "/" ALPHABET,
         .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{.name = "get-utf8",
         .path = "/\xe1\x88\xb4",
         .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{.name = "get-header-value-trim",
         .headers = {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\" "}},
         .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{.name = "get-header-value-multiline",
         .headers = {{"my-header1", "value1  \t value2     value3"}},
         .signature = "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
	{.name = "get-header-value-order",
         .headers = {{"my-header1", "value4,value1,value3,value2"}},
         .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{.name = "post-vanilla",
         .method = "POST",
         .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{.name = "post-header-key-sort",
         .method = "POST",
         .headers = {{"my-header1", "value1"}},
         .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{.name = "post-header-value-case",
         .method = "POST",
         .headers = {{"my-header1", "VALUE1"}},
         .signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{.name = "post-vanilla-query",
         .method = "POST",
         .query = {{"Param1", "value1"}},
         .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{.name = "post-x-www-form-urlencoded",
         .method = "POST",
         .headers = {{"content-type", "application/x-www-form-urlencoded"},
                     {"x-amz-content-sha256", FORM_HASH},
                     {"content-length", "13"}},
         .payload = FORM_HASH,
         .signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"},
	{.name = "get-vanilla-with-session-token",
         .headers = {{"x-amz-security-token", TOKEN}},
         .signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
	{.name = "get-slash-unnormalized",
         .path = "//",
         .signature = "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e"},
	{.name = "get-slashes-unnormalized",
         .path = "//example//",
         .signature = "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
	{.name = "get-space-unnormalized",
         .path = "/example space/",
         .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	{.name = "get-relative-unnormalized",
         .path = "/example/..",
         .signature = "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282"},
};

/* AKIAIOSFODNN7EXAMPLE, 20130524T000000Z, us-east-1, s3, examplebucket. */
static const struct vector documented[] = {
	{.name = "GET object with a range",
         .path = "/test.txt",
         .headers = {{"range", "bytes=0-9"}, {"x-amz-content-sha256", EMPTY}},
         .signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
	{.name = "PUT object",
         .method = "PUT",
         .path = "/test$file.text",
         .headers = {{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                     {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-content-sha256",
                      "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}},
         .payload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
         .signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
	{.name = "GET bucket lifecycle",
         .query = {{"lifecycle", ""}},
         .headers = {{"x-amz-content-sha256", EMPTY}},
         .signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
	{.name = "GET bucket list",
         .query = {{"prefix", "J"}, {"max-keys", "2"}},
         .headers = {{"x-amz-content-sha256", EMPTY}},
         .signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static size_t pair_count(const struct sigv4_pair *pairs)
{
	size_t n = 0;

	while (n < 4 && pairs[n].name)
		n++;
	return n;
}

static void check_vector(const struct vector *v, const struct sigv4_request *base, const char *host)
{
	struct sigv4_pair headers[6] = {{"x-amz-date", base->date}, {"host", host}};
	AUTO_STR struct str path = STR_INIT(1024);
	AUTO_STR struct str query = STR_INIT(1024);
	AUTO_STR struct str authorization = STR_INIT(4096);
	struct sigv4_signer signer = SIGV4_SIGNER_INIT;
	struct sigv4_request r = *base;
	struct err err = ERR_INIT;
	const char *raw = v->path ? v->path : "/";
	const char *found;

	memcpy(headers + 2, v->headers, sizeof(v->headers));
	assert_int_equal(uri_encode(&path, raw, strlen(raw), URI_KEEP_SLASH), 0);
	assert_int_equal(sigv4_canonical_query(&query, v->query, pair_count(v->query)), 0);
	r.method = v->method ? v->method : "GET";
	r.path = str_text(&path);
	r.query = str_text(&query);
	r.headers = headers;
	r.header_count = 2 + pair_count(v->headers);
	r.payload = v->payload ? v->payload : EMPTY;
	assert_int_equal(sigv4_sign(&signer, &r, &authorization, &err), 0);
	found = strstr(str_text(&authorization), "Signature=");
	assert_non_null(found);
	if (strcmp(found + 10, v->signature) != 0)
		print_error("vector %s\n", v->name);
	assert_string_equal(found + 10, v->signature);
	sigv4_signer_wipe(&signer);
}

static void test_suite_vectors(void **state)
{
	const struct sigv4_request base = {.access_key = "AKIDEXAMPLE",
	                                   .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	                                   .region = "us-east-1",
	                                   .service = "service",
	                                   .date = "20150830T123600Z"};

	(void)state;
	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++)
		check_vector(&suite[i], &base, "example.amazonaws.com");
}

static const struct sigv4_request s3_base = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                             .secret_key =
                                                     "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                             .region = "us-east-1",
                                             .service = "s3",
                                             .date = "20130524T000000Z"};

static void test_documented_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		check_vector(&documented[i], &s3_base, "examplebucket.s3.amazonaws.com");
}

static void sign_into(struct sigv4_signer *signer, const struct sigv4_request *r, struct str *out)
{
	struct err err = ERR_INIT;

	str_clear(out);
	assert_int_equal(sigv4_sign(signer, r, out, &err), 0);
}

/* A kept key must not outlive the day, the region or the secret it was made for. */
static void test_cached_key(void **state)
{
	struct sigv4_signer kept = SIGV4_SIGNER_INIT;
	struct sigv4_pair host = {"host", "example.com"};
	struct sigv4_request variants[5];
	AUTO_STR struct str a = STR_INIT(4096);
	AUTO_STR struct str b = STR_INIT(4096);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		variants[i] = s3_base;
		variants[i].method = "GET";
		variants[i].path = "/";
		variants[i].query = "";
		variants[i].headers = &host;
		variants[i].header_count = 1;
		variants[i].payload = EMPTY;
	}
	variants[1].date = "20130525T000000Z";
	variants[2].region = "eu-west-1";
	variants[3].secret_key = "another";
	for (size_t i = 0; i < 5; i++) {
		struct sigv4_signer fresh = SIGV4_SIGNER_INIT;

		sign_into(&kept, &variants[i], &a);
		sign_into(&fresh, &variants[i], &b);
		assert_string_equal(str_text(&a), str_text(&b));
	}
	sigv4_signer_wipe(&kept);
	assert_int_equal(kept.valid, 0);
}

static void test_text_of_steps(void **state)
{
	const struct sigv4_pair headers[] = {{"x-amz-date", "20150830T123600Z"},
	                                     {"host", "example.amazonaws.com"}};
	const struct sigv4_request r = {.method = "GET",
	                                .path = "/",
	                                .query = "",
	                                .headers = headers,
	                                .header_count = 2,
	                                .payload = EMPTY,
	                                .region = "us-east-1",
	                                .service = "service",
	                                .date = "20150830T123600Z"};
	AUTO_STR struct str canonical = STR_INIT(4096);
	AUTO_STR struct str to_sign = STR_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(sigv4_canonical_request(&r, &canonical, &err), 0);
	assert_string_equal(str_text(&canonical),
	                    "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
	                    "host;x-amz-date\n" EMPTY);
	assert_int_equal(sigv4_string_to_sign(&r, &canonical, &to_sign, &err), 0);
	assert_string_equal(str_text(&to_sign),
	                    "AWS4-HMAC-SHA256\n20150830T123600Z\n"
	                    "20150830/us-east-1/service/aws4_request\n"
	                    "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
}

static void test_date(void **state)
{
	char text[SIGV4_DATE_MAX];

	(void)state;
	assert_string_equal(sigv4_date(1369353600, text), "20130524T000000Z");
	assert_string_equal(sigv4_date(1440938160, text), "20150830T123600Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite_vectors), cmocka_unit_test(test_documented_vectors),
		cmocka_unit_test(test_cached_key),    cmocka_unit_test(test_text_of_steps),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
