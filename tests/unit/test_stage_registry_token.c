/* Answers of token servers: the token, how long it holds; and what the server is asked. */
#include "stage/registry/token.h"

#include "base/str.h"
#include "base/units.h"
#include "tests/unit/check.h"

enum { ASKED = 5000 }; /* monotonic ms */
#define NOW "2026-11-28T20:00:00Z"

static int64_t wall_ms(void)
{
	int64_t ms = 0;

	assert_int_equal(time_parse(NOW, &ms), 0);
	return ms;
}

static void test_read(void **state)
{
	static const struct {
		const char *json, *token;
		int seconds; /* from the answer until it is stale, without the margin */
	} cases[] = {
		/* Token specification, "Requesting a Token". */
		{"{\"token\":\"abc\",\"expires_in\":3600,\"issued_at\":\"2026-11-28T20:00:00Z\"}",
	         "abc", 3600},
		{"{\"access_token\":\"abc\",\"refresh_token\":\"r\",\"scope\":\"s\"}", "abc", 60},
		{"{\"token\":\"a.b-c_d~e+f/g==\"}", "a.b-c_d~e+f/g==", 60},
		{"{\"token\":\"a\",\"access_token\":\"b\"}", "a", 60},
		{"{\"token\":\"\",\"access_token\":\"b\"}", "b", 60},
		{"{\"token\":null,\"access_token\":\"b\"}", "b", 60},
		/* What is too short, too long, or none. */
		{"{\"token\":\"a\",\"expires_in\":5}", "a", 60},
		{"{\"token\":\"a\",\"expires_in\":0}", "a", 60},
		{"{\"token\":\"a\",\"expires_in\":-1}", "a", 60},
		{"{\"token\":\"a\",\"expires_in\":\"300\"}", "a", 60},
		{"{\"token\":\"a\",\"expires_in\":299.5e0}", "a", 299},
		{"{\"token\":\"a\",\"expires_in\":9223372036854775807}", "a", 86400},
		{"{\"token\":\"a\",\"expires_in\":1e300}", "a", 86400},
		/* issued_at: a while ago; in the future, too long ago, or no time: now. */
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"2026-11-28T19:59:00Z\"}", "a",
	         240},
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"2026-11-28T19:59:00."
	         "123456789Z\"}",
	         "a", 240},
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"2026-11-28T20:01:00Z\"}", "a",
	         300},
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"2026-11-28T19:55:10Z\"}", "a",
	         300},
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"0001-01-01T00:00:00Z\"}", "a",
	         300},
		{"{\"token\":\"a\",\"expires_in\":300,\"issued_at\":\"yesterday\"}", "a", 300},
	};
	struct registry_token token = REGISTRY_TOKEN_INIT;

	(void)state;
	assert_true(registry_token_is_stale(&token, 0));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		int64_t stale_at = ASKED + (int64_t)cases[i].seconds * 1000 - TOKEN_MARGIN_MS;

		MUST(registry_token_read(&token, cases[i].json, strlen(cases[i].json), wall_ms(),
		                         ASKED, &err));
		assert_string_equal(token.text, cases[i].token);
		CASE(!registry_token_is_stale(&token, stale_at - 1), "%s", cases[i].json);
		CASE(registry_token_is_stale(&token, stale_at + 999), "%s", cases[i].json);
	}
	registry_token_release(&token);
	assert_null(token.text);
	assert_true(registry_token_is_stale(&token, ASKED));
	registry_token_release(&token);
}

static void test_refused(void **state)
{
	static const struct {
		const char *json;
		enum err_code code;
	} cases[] = {
		{"", ERR_MALFORMED},
		{"secret", ERR_MALFORMED},
		{"{\"token\":\"secret\"", ERR_MALFORMED},
		{"{\"token\":\"secret\"}secret", ERR_MALFORMED},
		{"{}", ERR_MALFORMED},
		{"[\"secret\"]", ERR_MALFORMED},
		{"{\"token\":\"\"}", ERR_MALFORMED},
		{"{\"token\":7}", ERR_MALFORMED},
		{"{\"token\":\"secret\\r\\nX-Evil: 1\"}", ERR_MALFORMED},
		{"{\"token\":\"secret secret\"}", ERR_MALFORMED},
		{"{\"token\":\"secret\\u0000\"}", ERR_MALFORMED},
		{"{\"token\":\"secret\xc3\xa9\"}", ERR_MALFORMED},
		{"{\"token\":\"secret\",\"token\":\"b\"}", ERR_MALFORMED},
		{"{\"token\":\"secret\",\"x\":[[[[[[[[[]]]]]]]]]}", ERR_REFUSED},
	};
	struct registry_token token = REGISTRY_TOKEN_INIT;
	AUTO_STR struct str json = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	(void)state;
	MUST(registry_token_read(&token, "{\"token\":\"old\"}", 15, 0, ASKED, &err));
	for (size_t i = 0; i < COUNT(cases); i++) {
		memset(&err, 0, sizeof(err));
		if (registry_token_read(&token, cases[i].json, strlen(cases[i].json), 0, 0, &err) ==
		    0)
			fail_msg("accepted: %s", cases[i].json);
		CASE(err.code == cases[i].code, "%s: %s", cases[i].json, err.message);
		assert_null(strstr(err.message, "secret"));
		assert_string_equal(token.text, "old");
	}
	(void)str_adds(&json, "{\"token\":\"");
	while (json.len < TOKEN_ANSWER_BYTES - 2)
		(void)str_addc(&json, 'a');
	(void)str_adds(&json, "\"}");
	MUST(registry_token_read(&token, str_text(&json), json.len, 0, 0, &err));
	(void)str_addc(&json, ' ');
	MUST_FAIL(registry_token_read(&token, str_text(&json), json.len, 0, 0, &err), ERR_REFUSED);
	registry_token_release(&token);
}

static void test_realm(void **state)
{
	static const struct {
		const char *realm;
		bool https;
		enum err_code code;
	} cases[] = {
		{"https://auth.docker.io/token", true, ERR_NONE},
		{"https://auth.docker.io/token", false, ERR_NONE},
		{"https://auth.docker.io", true, ERR_NONE},
		{"https://auth.docker.io:444/token?x=1", true, ERR_NONE},
		{"http://127.0.0.1:5001/token", false, ERR_NONE},
		{"http://auth.docker.io/token", true, ERR_REFUSED},
		{NULL, true, ERR_MALFORMED},
		{"", true, ERR_MALFORMED},
		{"Registry Realm", true, ERR_MALFORMED},
		{"auth.docker.io/token", true, ERR_MALFORMED},
		{"//auth.docker.io/token", true, ERR_MALFORMED},
		{"ftp://auth.docker.io/token", true, ERR_MALFORMED},
		{"file:///etc/passwd", true, ERR_MALFORMED},
		{"https://", true, ERR_MALFORMED},
		{"https://user@auth.docker.io/token", true, ERR_MALFORMED},
		{"https://auth.docker.io/token#x", true, ERR_MALFORMED},
		{"https://auth.docker.io/to ken", true, ERR_MALFORMED},
		{"https://auth.docker.io\\@evil.example/", true, ERR_MALFORMED},
		{"https://auth.docker.io/\r\nX: y", true, ERR_MALFORMED},
		{"https://\xc3\xa9/", true, ERR_MALFORMED},
	};
	AUTO_STR struct str realm = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memset(&err, 0, sizeof(err));
		(void)!registry_token_check_realm(cases[i].realm, cases[i].https, &err);
		CASE(err.code == cases[i].code, "%s: %d", cases[i].realm, err.code);
	}
	(void)str_adds(&realm, "https://h/");
	while (realm.len < TOKEN_URL_MAX)
		(void)str_addc(&realm, 'a');
	MUST(registry_token_check_realm(str_text(&realm), true, &err));
	(void)str_addc(&realm, 'a');
	MUST_FAIL(registry_token_check_realm(str_text(&realm), true, &err), ERR_REFUSED);
}

static void test_requests(void **state)
{
	static const char *const scopes[] = {"repository:a/b:pull", "repository:c:pull,push"};
	static const struct {
		const char *realm, *service, *account;
		size_t scopes;
		const char *url;
	} cases[] = {
		{"https://a/t", "r.example", NULL, 1,
	         "https://a/t?service=r.example&scope=repository%3Aa%2Fb%3Apull"},
		{"https://a/t?x=1", NULL, "me&you", 2,
	         "https://a/t?x=1&scope=repository%3Aa%2Fb%3Apull&scope=repository%3Ac%3Apull%"
	         "2Cpush&account=me%26you"},
		{"https://a/t", NULL, "me", 0, "https://a/t?account=me"},
		{"https://a/t", "a b", NULL, 0, "https://a/t?service=a%20b"},
		{"https://a/t", NULL, NULL, 0, "https://a/t"},
	};
	AUTO_STR struct str form = STR_INIT(1000), small = STR_INIT(20);
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_STR struct str url = STR_INIT(TOKEN_URL_MAX);

		MUST(registry_token_url(&url, cases[i].realm, cases[i].service, scopes,
		                        cases[i].scopes, cases[i].account, &err));
		assert_string_equal(str_text(&url), cases[i].url);
	}
	MUST(registry_token_form(&form, "r.example", scopes, 2, "i+/=", &err));
	assert_string_equal(str_text(&form),
	                    "grant_type=refresh_token&client_id=drydock&service=r.example&scope="
	                    "repository%3Aa%2Fb%3Apull%20repository%3Ac%3Apull%2Cpush&refresh_"
	                    "token=i%2B%2F%3D");
	MUST_FAIL(registry_token_url(&small, "https://a/t", NULL, scopes, 1, NULL, &err),
	          ERR_MEMORY);
	MUST_FAIL(registry_token_form(&small, NULL, NULL, 0, "i", &err), ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_realm),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
