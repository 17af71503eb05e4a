/* What refusals of a registry are told as: one line, the server's own words, the remedy. */
#include "stage/registry/refusal.h"

#include "tests/unit/check.h"

struct logged {
	char text[500];
	int lines;
};

static void keep_log(void *context, const struct event *event)
{
	struct logged *logged = context;

	assert_int_equal(event->type, EVENT_LOG);
	(void)snprintf(logged->text, sizeof(logged->text), "%s", event->message);
	logged->lines++;
}

/* An answer with these headers, each of which ends with a newline, and that body. */
static void make_answer(struct http_answer *answer, int status, const char *headers,
                        const char *body, struct str text[2])
{
	for (int i = 0; i < 2; i++)
		str_clear(&text[i]);
	for (const char *end; (end = strchr(headers, '\n')); headers = end + 1)
		assert_int_equal(http_headers_add(&text[0], headers, (size_t)(end - headers)), 0);
	assert_int_equal(str_adds(&text[1], body), 0);
	*answer = (struct http_answer){
		.status = status, .headers = &text[0], .body = &text[1], .message = ""};
}

static void test_messages(void **state)
{
	static const struct {
		int status;
		const char *headers, *body;
		enum err_code code;
		const char *message;
	} cases[] = {
		/* OCI distribution specification 1.1, "Error Codes". */
		{404, "",
	         "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\","
	         "\"detail\":{}},{\"code\":\"OTHER\"}]}",
	         ERR_NOT_FOUND, "r.io: app:1: 404 MANIFEST_UNKNOWN, manifest unknown"},
		{404, "", "<html>not here</html>", ERR_NOT_FOUND, "r.io: app:1: 404"},
		{410, "", "", ERR_NOT_FOUND, "r.io: app:1: 410"},
		{401, "", "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}", ERR_AUTH,
	         "r.io: app:1: 401 UNAUTHORIZED"},
		{403, "", "{\"errors\":[{\"message\":\"denied\"}]}", ERR_AUTH,
	         "r.io: app:1: 403, denied"},
		{407, "", "", ERR_AUTH, "r.io: app:1: 407"},
		{429, "retry-after: 90\n", "", ERR_TEMPORARY,
	         "r.io: app:1: 429; too many requests: again in 1m30s"},
		{429, "", "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow down\"}]}",
	         ERR_TEMPORARY,
	         "r.io: app:1: 429 TOOMANYREQUESTS, slow down; too many requests: run again later, "
	         "or log in, which may allow more"},
		{408, "", "", ERR_TEMPORARY, "r.io: app:1: 408"},
		{500, "", "", ERR_TEMPORARY, "r.io: app:1: 500"},
		{503, "retry-after: 5\n", "", ERR_TEMPORARY, "r.io: app:1: 503"},
		{400, "", "{\"errors\":[]}", ERR_OTHER, "r.io: app:1: 400"},
		{405, "", "{\"errors\":[{\"code\":7,\"message\":[]}]}", ERR_OTHER,
	         "r.io: app:1: 405"},
		{501, "", "", ERR_OTHER, "r.io: app:1: 501"},
		{204, "", "", ERR_MALFORMED,
	         "r.io: app:1: 204, which is no answer to this request"},
		{304, "", "", ERR_MALFORMED,
	         "r.io: app:1: 304, which is no answer to this request"},
		{416, "", "{\"errors\":[{\"code\":\"RANGE_INVALID\"}]}", ERR_MALFORMED,
	         "r.io: app:1: 416 RANGE_INVALID, which is no answer to this request"},
		/* It writes to no terminal. */
		{404, "", "{\"errors\":[{\"code\":\"A\\u001b[2J\",\"message\":\"b\\nc\\u009b\"}]}",
	         ERR_NOT_FOUND, "r.io: app:1: 404 A\\x1b[2J, b\\x0ac\\xc2\\x9b"},
	};
	struct str text[2] = {STR_INIT(1 << 16), STR_INIT(1 << 16)};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct http_answer answer;

		make_answer(&answer, cases[i].status, cases[i].headers, cases[i].body, text);
		assert_int_equal(registry_refusal("r.io", "app:1", NULL, &answer, &err), -1);
		CASE(err.code == cases[i].code, "%d: code %d", cases[i].status, err.code);
		assert_string_equal(err.message, cases[i].message);
	}
	str_release(&text[0]);
	str_release(&text[1]);
}

/* Neither words without end nor JSON without end. */
static void test_long_words(void **state)
{
	struct str text[2] = {STR_INIT(1 << 20), STR_INIT(1 << 20)};
	AUTO_STR struct str body = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct http_answer answer;

	(void)state;
	(void)str_adds(&body, "{\"errors\":[{\"code\":\"");
	for (int i = 0; i < 500; i++)
		(void)str_addc(&body, 'c');
	(void)str_adds(&body, "\",\"message\":\"");
	for (int i = 0; i < 500; i++)
		(void)str_addc(&body, 'm');
	(void)str_adds(&body, "\"}]}");
	make_answer(&answer, 400, "", str_text(&body), text);
	assert_int_equal(registry_refusal("r.io", "x", NULL, &answer, &err), -1);
	assert_int_equal(strspn(strchr(err.message, 'c'), "c"), 100);
	assert_int_equal(strspn(strchr(err.message, 'm'), "m"), 200);

	str_clear(&body);
	for (int i = 0; i < 100000; i++)
		(void)str_addc(&body, '[');
	make_answer(&answer, 400, "", str_text(&body), text);
	assert_int_equal(registry_refusal("r.io", "x", NULL, &answer, &err), -1);
	assert_string_equal(err.message, "r.io: x: 400");
	str_release(&text[0]);
	str_release(&text[1]);
}

/* Who was refused: with which file's credentials, or where they were looked for. */
static void test_who(void **state)
{
	struct str text[2] = {STR_INIT(1 << 16), STR_INIT(1 << 16)};
	struct registry_scope scope = {.credentials = REGISTRY_CREDENTIALS_INIT};
	struct err err = ERR_INIT;
	struct http_answer answer;

	(void)state;
	make_answer(&answer, 403, "", "", text);
	(void)registry_refusal("r.io", "x", &scope, &answer, &err);
	assert_string_equal(err.message,
	                    "r.io: x: 403; docker login or skopeo login keeps what it wants");
	scope.looked = true;
	(void)str_adds(&scope.credentials.from, "A and B");
	(void)registry_refusal("r.io", "x", &scope, &answer, &err);
	assert_string_equal(err.message,
	                    "r.io: x: 403 (no credentials in A and B); docker login or "
	                    "skopeo login keeps what it wants");
	MUST(registry_credentials_set(&scope.credentials, REGISTRY_CREDENTIALS_PASSWORD, "me",
	                              "s3cret", &err));
	(void)registry_refusal("r.io", "x", &scope, &answer, &err);
	assert_string_equal(err.message,
	                    "r.io: x: 403 (tried the credentials from A and B); docker "
	                    "login or skopeo login keeps what it wants");
	/* What is not there is nobody's right. */
	make_answer(&answer, 404, "", "", text);
	(void)registry_refusal("r.io", "x", &scope, &answer, &err);
	assert_string_equal(err.message, "r.io: x: 404");
	registry_credentials_release(&scope.credentials);
	str_release(&text[0]);
	str_release(&text[1]);
}

static void test_limits(void **state)
{
	struct str text[2] = {STR_INIT(1 << 16), STR_INIT(1 << 16)};
	struct logged logged = {.lines = 0};
	struct event_sink sink = {keep_log, &logged, 1};
	struct http_answer answer;

	(void)state;
	make_answer(&answer, 200, "content-length: 5\n", "", text);
	registry_log_limits(&sink, "r.io", &answer);
	assert_int_equal(logged.lines, 0);
	make_answer(&answer, 200, "ratelimit-remaining: 76;w=21600\nratelimit-limit: 100;w=21600\n",
	            "", text);
	registry_log_limits(&sink, "r.io", &answer);
	assert_int_equal(logged.lines, 1);
	assert_string_equal(logged.text,
	                    "r.io: ratelimit-limit: 100;w=21600 ratelimit-remaining: 76;w=21600");
	sink.log_level = 0;
	registry_log_limits(&sink, "r.io", &answer);
	assert_int_equal(logged.lines, 1);
	str_release(&text[0]);
	str_release(&text[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
