/* WWW-Authenticate: schemes, parameters, and what a hostile registry makes of them. */
#include "stage/registry/challenge.h"

#include "base/http/transport.h"
#include "tests/unit/check.h"

/* Each challenge as "scheme realm|service|scope|error", - for what was not said; ";" between. */
static const char *shown(const struct challenge_list *list, struct str *out)
{
	static const char *const schemes[] = {"other", "basic", "bearer"};

	str_clear(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct challenge *c = &list->items[i];

		(void)str_addf(out, "%s%s %s|%s|%s|%s", i ? ";" : "", schemes[c->scheme],
		               c->realm ? c->realm : "-", c->service ? c->service : "-",
		               c->scope ? c->scope : "-", c->error ? c->error : "-");
	}
	return str_text(out);
}

static void test_read(void **state)
{
	static const struct {
		const char *value, *expect;
	} cases[] = {
		/* Docker token specification, "How to authenticate". */
		{"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
	         "scope=\"repository:samalba/my-app:pull,push\"",
	         "bearer https://auth.docker.io/token|registry.docker.io|"
	         "repository:samalba/my-app:pull,push|-"},
		{"Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a:pull "
	         "repository:b:pull\",error=\"insufficient_scope\"",
	         "bearer https://a/t|s|repository:a:pull repository:b:pull|insufficient_scope"},
		{"Basic realm=\"Registry Realm\"", "basic Registry Realm|-|-|-"},
		{"Basic", "basic -|-|-|-"},
		{"", ""},
		{" , ,\t", ""},
		/* RFC 9110, 11.6.1: two challenges in one header. */
		{"Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to "
	         "\\\"apps\\\"\"",
	         "basic simple|-|-|-;other apps|-|-|-"},
		{"Negotiate, Bearer realm=\"x\"", "other -|-|-|-;bearer x|-|-|-"},
		{"Negotiate YIIB/+==, Basic realm=\"x\"", "other -|-|-|-;basic x|-|-|-"},
		{"NTLM abc , bearer Realm=x", "other -|-|-|-;bearer x|-|-|-"},
		{"Digest realm=\"d\", nonce=\"a, b=c\", Bearer realm=\"b\"",
	         "other d|-|-|-;bearer b|-|-|-"},
		/* Case, blanks, empty elements, quotes. */
		{"BEARER REALM = \"x\" ,, Service=\t\"y\" ,", "bearer x|y|-|-"},
		{"Bearer realm=\"a\\\\b\\\"c\\d\"", "bearer a\\b\"cd|-|-|-"},
		{"Bearer realm=\"\",service=\"\"", "bearer ||-|-"},
		{"Bearer realm=\"x\",xrealm=\"y\",realmx=\"z\"", "bearer x|-|-|-"},
		/* Not as the grammar has it, and plain all the same. */
		{"Bearer realm=https://a.example/t?x=1,service=r.example:5000",
	         "bearer https://a.example/t?x=1|r.example:5000|-|-"},
		{"Bearer realm=\"x\" service=\"y\"", "bearer x|y|-|-"},
		{"Bearer realm=\"x\"service=\"y\"", "bearer x|y|-|-"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct challenge_list list = CHALLENGE_LIST_INIT;
		AUTO_STR struct str text = STR_INIT(4096);
		struct err err = ERR_INIT;

		if (challenge_list_add(&list, cases[i].value, &err) < 0)
			fail_msg("%s: %s", cases[i].value, err.message);
		assert_string_equal(shown(&list, &text), cases[i].expect);
		challenge_list_release(&list);
	}
}

static void test_malformed(void **state)
{
	static const char *const cases[] = {
		"realm=\"x\"",
		"=",
		"\"x\"",
		"Bearer realm=\"x",
		"Bearer realm=\"x\\\"",
		"Bearer realm=\"x\\",
		"Bearer realm=\"x\",realm=\"y\"",
		"Bearer realm=\"x\",REALM=y",
		"Bearer realm=\"x\ny\"",
		"Bearer realm=\"x\\\ny\"",
		"Bearer realm=x\x7f",
		"Bearer realm=x\ry",
		"Bearer realm=x\"y\"",
		"Bearer realm=\"x\"; service=\"y\"",
		"Bearer/1 realm=\"x\"",
		"\xc3\xa9",
		"Bearer @",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct challenge_list list = CHALLENGE_LIST_INIT;
		struct err err = ERR_INIT;

		if (challenge_list_add(&list, cases[i], &err) == 0)
			fail_msg("accepted: %s", cases[i]);
		CASE(err.code == ERR_MALFORMED, "%s: %d", cases[i], err.code);
		challenge_list_release(&list);
	}
}

static void test_limits(void **state)
{
	struct challenge_list list = CHALLENGE_LIST_INIT;
	AUTO_STR struct str value = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < CHALLENGES_MAX; i++)
		(void)str_adds(&value, i ? ",Basic" : "Basic");
	MUST(challenge_list_add(&list, str_text(&value), &err));
	assert_int_equal(list.count, CHALLENGES_MAX);
	MUST_FAIL(challenge_list_add(&list, "Bearer realm=\"x\"", &err), ERR_REFUSED);
	assert_int_equal(list.count, CHALLENGES_MAX);
	challenge_list_release(&list);
	str_clear(&value);
	(void)str_adds(&value, "Bearer realm=\"");
	while (value.len < CHALLENGE_HEADER_MAX - 1)
		(void)str_addc(&value, 'a');
	(void)str_addc(&value, '"');
	MUST(challenge_list_add(&list, str_text(&value), &err));
	assert_int_equal(strlen(list.items[0].realm), CHALLENGE_HEADER_MAX - 15);
	(void)str_addc(&value, ' ');
	MUST_FAIL(challenge_list_add(&list, str_text(&value), &err), ERR_REFUSED);
	challenge_list_release(&list);
}

static void test_headers(void **state)
{
	static const char *const lines[] = {
		"HTTP/1.1 401 Unauthorized\r\n",
		"WWW-Authenticate: Basic realm=\"a\"\r\n",
		"Content-Length: 0\r\n",
		"www-authenticate:\r\n",
		"Www-Authenticate: Bearer realm=\"b\", Bearer realm=\"c\"\r\n",
	};
	struct challenge_list list = CHALLENGE_LIST_INIT;
	AUTO_STR struct str headers = STR_INIT(4096), text = STR_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	MUST(challenge_list_read(&list, &headers, &err));
	assert_null(challenge_find(&list, CHALLENGE_BASIC));
	for (size_t i = 0; i < COUNT(lines); i++)
		MUST(http_headers_add(&headers, lines[i], strlen(lines[i])));
	MUST(challenge_list_read(&list, &headers, &err));
	assert_string_equal(shown(&list, &text), "basic a|-|-|-;bearer b|-|-|-;bearer c|-|-|-");
	assert_string_equal(challenge_find(&list, CHALLENGE_BEARER)->realm, "b");
	assert_string_equal(challenge_find(&list, CHALLENGE_BASIC)->realm, "a");
	assert_null(challenge_find(&list, CHALLENGE_OTHER));
	/* A parameter does not reach back into the header before. */
	MUST(http_headers_add(&headers, "WWW-Authenticate: service=x", 27));
	challenge_list_release(&list);
	MUST_FAIL(challenge_list_read(&list, &headers, &err), ERR_MALFORMED);
	challenge_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
