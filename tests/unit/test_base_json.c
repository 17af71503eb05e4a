#include "base/json.h"

#include "tests/unit/check.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{"{}", ERR_NONE},
		{"[]", ERR_NONE},
		{" {\"a\":[1,-2,3.5,true,false,null,\"x\"]} \n", ERR_NONE},
		{"{\"a\":1,\"A\":2}", ERR_NONE},
		{"{\"a\":{\"k\":1},\"b\":{\"k\":1}}", ERR_NONE},
		{"", ERR_MALFORMED},
		{"1", ERR_MALFORMED},
		{"\"text\"", ERR_MALFORMED},
		{"null", ERR_MALFORMED},
		{"{", ERR_MALFORMED},
		{"{}}", ERR_MALFORMED},
		{"{} {}", ERR_MALFORMED},
		{"{\"a\":1,}", ERR_MALFORMED},
		{"{'a':1}", ERR_MALFORMED},
		{"{a:1}", ERR_MALFORMED},
		{"[1 2]", ERR_MALFORMED},
		{"[01]", ERR_MALFORMED},
		{"[NaN]", ERR_MALFORMED},
		{"[\"\xff\"]", ERR_MALFORMED},
		{"[\"\\ud800\"]", ERR_MALFORMED},
		{"[\"a\nb\"]", ERR_MALFORMED},
		{"[99999999999999999999]", ERR_MALFORMED},
		{"\xef\xbb\xbf{}", ERR_MALFORMED},
		{"{}/* */", ERR_MALFORMED},
		/* the same key twice, anywhere, however it is written */
		{"{\"a\":1,\"a\":1}", ERR_MALFORMED},
		{"{\"x\":[{\"layers\":[],\"layers\":[]}]}", ERR_MALFORMED},
		{"{\"a\":1,\"\\u0061\":2}", ERR_MALFORMED},
		/* NUL in a string or key would end it early for C */
		{"[\"a\\u0000b\"]", ERR_MALFORMED},
		{"{\"a\\u0000b\":1}", ERR_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		AUTO_JSON json_t *doc = json_parse_limited(cases[i].text, strlen(cases[i].text),
		                                           &JSON_LIMITS_MANIFEST, &err);

		CASE((doc != NULL) == (cases[i].code == ERR_NONE), "'%s'", cases[i].text);
		CASE(err.code == cases[i].code, "'%s': code %d", cases[i].text, err.code);
	}
	{
		struct err err = ERR_INIT;

		assert_null(json_parse_limited("[\"\0\"]", 5, &JSON_LIMITS_MANIFEST, &err));
		assert_int_equal(err.code, ERR_MALFORMED);
	}
}

static void test_limits(void **state)
{
	static const struct json_limits small = {.max_bytes = 40, .max_values = 6, .max_depth = 3};
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{"[1,2,3,4,5]", ERR_NONE},
		{"[1,2,3,4,5,6]", ERR_REFUSED},
		{"{\"a\":1,\"b\":2}", ERR_NONE},
		{"{\"a\":1,\"b\":2,\"c\":3}", ERR_REFUSED}, /* keys count */
		{"[{},{},{},[],[]]", ERR_NONE},
		{"[{},{},{},[],[],[]]", ERR_REFUSED},
		{"[\"[[[[[[\",\"]{,:\"]", ERR_NONE}, /* not in strings */
		{"[\"\\\"[[[[,,\\\\\",1]", ERR_NONE},
		{"[[[]]]", ERR_NONE},
		{"[[[[]]]]", ERR_REFUSED},
		{"[[],[],[[]]]", ERR_NONE},
		{"[{\"a\":[]}]", ERR_NONE},
		{"[{\"a\":[{}]}]", ERR_REFUSED},
		{"[                                      ]", ERR_NONE},     /* 40 bytes */
		{"[                                       ]", ERR_REFUSED}, /* 41 */
		{"[true false null 1 2 3 4]", ERR_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		AUTO_JSON json_t *doc =
			json_parse_limited(cases[i].text, strlen(cases[i].text), &small, &err);

		CASE(err.code == cases[i].code, "'%s': code %d", cases[i].text, err.code);
		CASE((doc != NULL) == (cases[i].code == ERR_NONE), "'%s'", cases[i].text);
	}
}

/* What a document with secrets has wrong is told without any of its text. */
static void test_secret(void **state)
{
	static const char *const cases[] = {
		"{\"a\":1 \"s3cret\"}",   "{\"a\":secret}", "{\"s3cret\":1,\"s3cret\":2}",
		"{\"a\":\"s3cret",        "\"s3cret\"",     "{\"a\":\"s3cret\\x\"}",
		"{\"a\":\"s3cret\xff\"}",
	};
	struct json_limits limits = JSON_LIMITS_MANIFEST;
	struct err err = ERR_INIT;

	(void)state;
	assert_null(json_parse_limited(cases[0], strlen(cases[0]), &limits, &err));
	assert_non_null(strstr(err.message, "s3cret"));
	limits.secret = true;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_null(json_parse_limited(cases[i], strlen(cases[i]), &limits, &err));
		assert_int_equal(err.code, ERR_MALFORMED);
		CASE(!strstr(err.message, "cret"), "%s", err.message);
		CASE(strstr(err.message, "line 1: ") != NULL, "%s", err.message);
	}
}

/* The second reference shows what is in the memory that would have been released. */
static void test_wipe(void **state)
{
	static const char text[] = "{\"a\":\"s3cret\",\"b\":[{\"c\":\"s3cret\"},1,null]}";
	struct err err = ERR_INIT;
	json_t *doc = json_parse_limited(text, strlen(text), &JSON_LIMITS_MANIFEST, &err);
	json_t *kept = json_incref(doc), *none = NULL;
	char *dump;

	(void)state;
	assert_non_null(doc);
	json_wipe(&doc);
	assert_null(doc);
	json_wipe(&none);
	dump = json_dumps(kept, JSON_COMPACT);
	assert_non_null(dump);
	assert_non_null(strstr(dump, "\"b\":[{\"c\":"));
	assert_null(strstr(dump, "s3cret"));
	free(dump);
	json_decref(kept);
}

/* 4 MiB of objects would cost the parser hundreds of MiB: refused before it sees them. */
static void test_bomb(void **state)
{
	size_t len = 4u << 20;
	char *text = malloc(len);
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i + 2 < len; i += 3)
		memcpy(text + i, "{},", 3);
	text[0] = '[';
	assert_null(json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, &err));
	assert_int_equal(err.code, ERR_REFUSED);
	memset(text, '[', len);
	assert_null(json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, &err));
	assert_int_equal(err.code, ERR_REFUSED);
	memset(text, '"', len);
	text[0] = '[';
	assert_null(json_parse_limited(text, len, &JSON_LIMITS_MANIFEST, &err));
	assert_int_equal(err.code, ERR_REFUSED);
	free(text);
}

/* Keys that Go's encoding/json, which folds as Unicode does, would take for the known one. */
static void test_key_case(void **state)
{
	static const char *const known[] = {"mediaType", "layers", "config", "manifests",
	                                    "blobSum"};
	static const struct {
		const char *text;
		bool refused;
	} cases[] = {
		{"{\"layers\":1,\"config\":2}", false},
		{"{\"other\":1,\"LAYER\":2}", false},
		{"{\"Layers\":1}", true},
		{"{\"layers\":1,\"LAYERS\":2}", true},
		{"{\"MEDIATYPE\":1}", true},
		{"{\"mediatype\":1}", true},
		{"{\"layer\xc5\xbf\":1}", true}, /* U+017F, the long s */
		{"{\"manife\xc5\xbfts\":1}", true},
		{"{\"layers\xc5\xbf\":1}", false},
		{"{\"confi\xc4\xa3\":1}", false},
	};
	static const char *const kelvin[] = {"token"};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON json_t *doc = json_parse_limited(cases[i].text, strlen(cases[i].text),
		                                           &JSON_LIMITS_MANIFEST, &err);
		int got = json_check_key_case(doc, known, COUNT(known), "manifest", &err);

		CASE((got < 0) == cases[i].refused, "%s: %d", cases[i].text, got);
		if (got < 0)
			assert_int_equal(err.code, ERR_REFUSED);
	}
	{
		static const char text[] = "{\"to\xe2\x84\xaa"
					   "en\":1}"; /* U+212A, the Kelvin sign */
		AUTO_JSON json_t *doc =
			json_parse_limited(text, strlen(text), &JSON_LIMITS_MANIFEST, &err);

		MUST_FAIL(json_check_key_case(doc, kelvin, 1, "x", &err), ERR_REFUSED);
	}
}

static void test_getters(void **state)
{
	static const char text[] = "{\"t\":\"x\",\"n\":5,\"z\":-1,\"r\":1.0,\"a\":[],"
				   "\"big\":9223372036854775807}";
	struct err err = ERR_INIT;
	AUTO_JSON json_t *doc = json_parse_limited(text, strlen(text), &JSON_LIMITS_MANIFEST, &err);
	uint64_t size = 0;

	(void)state;
	assert_string_equal(json_text(doc, "t"), "x");
	assert_null(json_text(doc, "n"));
	assert_null(json_text(doc, "missing"));
	assert_null(json_text(json_object_get(doc, "a"), "t"));
	assert_null(json_text(NULL, "t"));
	assert_string_equal(json_need_text(doc, "t", "config", &err), "x");
	assert_null(json_need_text(doc, "a", "config", &err));
	assert_string_equal(err.message, "config: \"a\" is missing or not a string");
	MUST(json_need_size(doc, "n", &size, "layers[0]", &err));
	assert_int_equal(size, 5);
	MUST(json_need_size(doc, "big", &size, "layers[0]", &err));
	assert_true(size == INT64_MAX);
	MUST_FAIL(json_need_size(doc, "z", &size, "layers[0]", &err), ERR_MALFORMED);
	MUST_FAIL(json_need_size(doc, "r", &size, "layers[0]", &err), ERR_MALFORMED);
	MUST_FAIL(json_need_size(doc, "t", &size, "layers[0]", &err), ERR_MALFORMED);
	MUST_FAIL(json_need_size(doc, "missing", &size, "layers[0]", &err), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_secret),  cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_bomb),    cmocka_unit_test(test_key_case),
		cmocka_unit_test(test_getters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
