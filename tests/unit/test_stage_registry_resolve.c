/*
 * What tags stand for, asked of a scripted registry: a session with a transport of the test's own,
 * which answers by a table and writes down what it was asked.
 */
#include "stage/registry/resolve.h"

#include "base/media_type.h"
#include "stage/registry/session_internal.h"

#include "tests/unit/check.h"

#define HEX(c)      c c c c c c c c c c c c c c c c
#define DIGEST_1    "sha256:" HEX("1234")
#define DIGEST_2    "sha256:" HEX("abcd")
#define TYPED       "content-type: " MT_OCI_MANIFEST "\n"
#define HEADERS     TYPED "content-length: 20\ndocker-content-digest: " DIGEST_1 "\n"
#define BODY        "{\"schemaVersion\": 2}"
#define BODY_DIGEST "sha256:c5d902c53b4afcf32ad746fd9d696431650d3fbe8f7b10ca10519543fefd772c"

enum { PENDING_MAX = 16 };

/* What is answered to a request of that method whose URL ends so. */
struct scripted {
	const char *asked; /* "HEAD 1.0" */
	int status;
	const char *headers; /* each with a newline behind it */
	const char *body;
	enum http_failure failure;
};

struct fixture {
	struct transport transport;
	struct registry_options options;
	struct registry_session *session;
	struct transport *before; /* owned: the session's own */
	const struct scripted *script;
	struct {
		char asked[100];
		http_done_fn *done;
		void *context;
	} pending[PENDING_MAX];
	unsigned pending_count, pending_most;
	char log[1000]; /* "HEAD 1.0, GET 1.0, " */
};

static int submit(struct transport *t, const struct http_request *request,
                  struct http_exchange **exchange, struct err *err)
{
	struct fixture *f = (struct fixture *)t;
	static const char before[] = "https://r.io/v2/a/b/manifests/";
	unsigned at = f->pending_count++;
	bool accepts = false;

	(void)err;
	assert_in_range(at, 0, PENDING_MAX - 1);
	assert_memory_equal(request->url, before, sizeof(before) - 1);
	(void)snprintf(f->pending[at].asked, sizeof(f->pending[at].asked), "%s %s",
	               http_method_name(request->method), request->url + sizeof(before) - 1);
	f->pending[at].done = request->done;
	f->pending[at].context = request->context;
	for (size_t i = 0; i < request->header_count; i++)
		accepts = accepts || (strncmp(request->headers[i], "Accept: ", 8) == 0 &&
		                      strstr(request->headers[i], MT_OCI_INDEX) &&
		                      strstr(request->headers[i], MT_DOCKER_MANIFEST));
	assert_true(accepts);
	(void)snprintf(f->log + strlen(f->log), sizeof(f->log) - strlen(f->log), "%s, ",
	               f->pending[at].asked);
	if (f->pending_count > f->pending_most)
		f->pending_most = f->pending_count;
	*exchange = NULL;
	return 0;
}

/* Answers what was asked last. */
static int answer_one(struct transport *t, int timeout_ms, struct err *err)
{
	struct fixture *f = (struct fixture *)t;
	AUTO_STR struct str headers = STR_INIT(10000);
	AUTO_STR struct str body = STR_INIT(10000);
	const struct scripted *s = f->script;
	struct http_answer answer = {.headers = &headers, .body = &body, .message = "scripted"};
	unsigned at;

	(void)timeout_ms, (void)err;
	assert_true(f->pending_count > 0);
	at = --f->pending_count;
	while (s->asked && strcmp(s->asked, f->pending[at].asked) != 0)
		s++;
	CASE(s->asked != NULL, "asked for %s", f->pending[at].asked);
	answer.status = s->status;
	answer.failure = s->failure;
	for (const char *line = s->headers, *end; line && (end = strchr(line, '\n'));
	     line = end + 1)
		assert_int_equal(http_headers_add(&headers, line, (size_t)(end - line)), 0);
	if (s->body)
		assert_int_equal(str_adds(&body, s->body), 0);
	f->pending[at].done(f->pending[at].context, &answer);
	return 1;
}

static void cancel(struct transport *t, struct http_exchange *exchange)
{
	struct fixture *f = (struct fixture *)t;

	(void)exchange;
	f->pending_count--;
}

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static int set_up(void **state)
{
	static const struct transport_ops ops = {
		.submit = submit, .poll = answer_one, .cancel = cancel};
	static struct fixture f;
	struct registry_reference ref;
	struct err err = ERR_INIT;

	memset(&f, 0, sizeof(f));
	f.transport.ops = &ops;
	f.options =
		(struct registry_options){.env = no_env, .authfile = "/dev/null", .transfers = 2};
	MUST(registry_reference_parse(&ref, "docker://r.io/a/b", &err));
	f.session = registry_session_new(&f.options, &ref, &EVENT_SINK_NONE, &err);
	assert_non_null(f.session);
	f.before = f.session->transport;
	f.session->transport = &f.transport;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	f->session->transport = f->before;
	registry_session_free(f->session);
	return 0;
}

static int resolve(struct fixture *f, const struct scripted *script, struct registry_tag *tags,
                   size_t count, struct err *err)
{
	f->script = script;
	f->log[0] = '\0';
	f->pending_most = 0;
	return registry_resolve(f->session, "a/b", tags, count, 5000, err);
}

static void release(struct registry_tag *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		str_release(&tags[i].text);
}

static void expect_digest(const struct registry_tag *tag, const char *wanted)
{
	char text[DIGEST_TEXT_MAX];

	assert_string_equal(digest_text(&tag->digest, text), wanted);
}

/* One HEAD each and nothing else, no more at a time than -j allows. */
static void test_heads(void **state)
{
	static const struct scripted script[] = {
		{.asked = "HEAD 1.0", .status = 200, .headers = HEADERS},
		{.asked = "HEAD 2.0", .status = 404},
		{.asked = "HEAD 3.0",
	         .status = 200,
	         .headers = "content-type: " MT_OCI_INDEX "; charset=utf-8\ncontent-length: 4000\n"
	                    "docker-content-digest: " DIGEST_2 "\n"},
		{.asked = NULL}};
	struct registry_tag tags[] = {{.tag = "1.0"}, {.tag = "2.0"}, {.tag = "3.0"}};
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(resolve(f, script, tags, COUNT(tags), &err));
	assert_string_equal(f->log, "HEAD 1.0, HEAD 2.0, HEAD 3.0, ");
	assert_int_equal(f->pending_most, 2);
	assert_true(tags[0].found && !tags[1].found && tags[2].found);
	expect_digest(&tags[0], DIGEST_1);
	expect_digest(&tags[2], DIGEST_2);
	assert_int_equal(tags[0].size_bytes, 20);
	assert_int_equal(tags[2].size_bytes, 4000);
	assert_string_equal(tags[0].media_type, MT_OCI_MANIFEST);
	assert_string_equal(tags[2].media_type, MT_OCI_INDEX);
	assert_int_equal(tags[0].text.len, 0);
	release(tags, COUNT(tags));
}

static void test_none(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(resolve(f, NULL, NULL, 0, &err));
	assert_string_equal(f->log, "");
}

/* Servers that do not say all with a HEAD are asked for the manifest itself. */
static void test_gets(void **state)
{
	static const struct {
		int status;
		const char *headers;
	} heads[] = {
		{405, ""},
		{501, ""},
		{400, ""},
		{200, ""},
		{200, TYPED "content-length: 20\n"},
		{200, TYPED "content-length: 20\ndocker-content-digest: sha256:1234\n"},
		{200, TYPED "content-length: 20\ndocker-content-digest: " DIGEST_1 "0\n"},
		{200, TYPED "docker-content-digest: " DIGEST_1 "\n"},
		{200, TYPED "content-length: 0\ndocker-content-digest: " DIGEST_1 "\n"},
		{200, "content-length: 20\ndocker-content-digest: " DIGEST_1 "\n"},
		{200, "content-type: text/html\ncontent-length: 20\n"
	              "docker-content-digest: " DIGEST_1 "\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(heads); i++) {
		/* What it says of the digest then is not believed: the bytes tell. */
		const struct scripted script[] = {
			{.asked = "HEAD 1.0", heads[i].status, heads[i].headers, NULL, HTTP_OK},
			{.asked = "GET 1.0", 200, HEADERS, BODY, HTTP_OK},
			{.asked = NULL}};
		struct registry_tag tag = {.tag = "1.0"};
		struct err err = ERR_INIT;

		MUST(resolve(f, script, &tag, 1, &err));
		CASE(strcmp(f->log, "HEAD 1.0, GET 1.0, ") == 0, "%zu: %s", i, f->log);
		assert_true(tag.found);
		expect_digest(&tag, BODY_DIGEST);
		assert_int_equal(tag.size_bytes, strlen(BODY));
		assert_string_equal(tag.media_type, MT_OCI_MANIFEST);
		assert_string_equal(str_text(&tag.text), BODY);
		str_release(&tag.text);
	}
}

static void test_get_without(void **state)
{
	static const struct scripted typeless[] =
		{{.asked = "HEAD 1.0", .status = 405},
	         {.asked = "GET 1.0",
	          .status = 200,
	          .headers = "content-type: application/octet-stream\n",
	          .body = BODY},
	         {.asked = NULL}},
				     gone[] = {{.asked = "HEAD 1.0", .status = 200},
	                                       {.asked = "GET 1.0", .status = 404},
	                                       {.asked = NULL}};
	struct registry_tag tag = {.tag = "1.0"};
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	MUST(resolve(f, typeless, &tag, 1, &err));
	assert_true(tag.found);
	assert_null(tag.media_type);
	assert_string_equal(str_text(&tag.text), BODY);
	str_release(&tag.text);
	tag = (struct registry_tag){.tag = "1.0"};
	MUST(resolve(f, gone, &tag, 1, &err));
	assert_false(tag.found);
	str_release(&tag.text);
}

/* What ends it, with what the server says of it. */
static void test_errors(void **state)
{
	static const struct {
		struct scripted script[3];
		enum err_code code;
		const char *says;
	} cases[] = {
		{{{.asked = "HEAD 1.0", .status = 403}, {.asked = NULL}},
	         ERR_AUTH,
	         "r.io: a/b:1.0: 403"},
		{{{.asked = "HEAD 1.0", .status = 400},
	          {.asked = "GET 1.0", .status = 400},
	          {.asked = NULL}},
	         ERR_OTHER,
	         "r.io: a/b:1.0: 400"},
		{{{.asked = "HEAD 1.0", .status = 401, .headers = "www-authenticate: Basic\n"},
	          {.asked = NULL}},
	         ERR_AUTH,
	         "a user and a password"},
		{{{.asked = "HEAD 1.0", .status = 405},
	          {.asked = "GET 1.0",
	           .status = 403,
	           .body = "{\"errors\":[{\"code\":\"DENIED\"}]}"},
	          {.asked = NULL}},
	         ERR_AUTH,
	         "r.io: a/b:1.0: 403 DENIED"},
		{{{.asked = "HEAD 1.0", .status = 405},
	          {.asked = "GET 1.0", .status = 200, .failure = HTTP_FAILED_LARGE},
	          {.asked = NULL}},
	         ERR_REFUSED,
	         "r.io: a/b:1.0: scripted"},
		{{{.asked = "HEAD 1.0", .status = 307, .headers = "location: ftp://x/\n"},
	          {.asked = NULL}},
	         ERR_REFUSED,
	         "the redirect leads to ftp:"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_tag tags[] = {{.tag = "1.0"}};
		struct err err = ERR_INIT;

		CASE(resolve(f, cases[i].script, tags, COUNT(tags), &err) == -1, "%s",
		     cases[i].says);
		CASE(err.code == cases[i].code && strstr(err.message, cases[i].says), "%s: %s",
		     cases[i].says, err.message);
		assert_false(tags[0].found);
		release(tags, COUNT(tags));
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_heads), T(test_none), T(test_gets), T(test_get_without), T(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
