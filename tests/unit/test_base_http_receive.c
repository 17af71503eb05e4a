/*
 * The answer of one exchange as it arrives, without a network: what goes to the sink, what does
 * not, and what is too much. test_base_http_curl has the same on the wire.
 */
#include "base/http/receive.h"

#include "tests/unit/check.h"

/* What a sink saw. */
struct taker {
	int begun, status, refuse_begin;
	char x_a[10], text[6000];
	size_t refuse_after_bytes; /* 0: never */
};

static int begin(void *context, int status, const struct str *headers)
{
	struct taker *t = context;
	const char *x_a = http_headers_get(headers, "x-a");

	assert_string_equal(t->text, "");
	t->begun++;
	t->status = status;
	(void)snprintf(t->x_a, sizeof(t->x_a), "%s", x_a ? x_a : "none");
	return t->refuse_begin ? -1 : 0;
}

static int take(void *context, const void *data, size_t len)
{
	struct taker *t = context;
	size_t used = strlen(t->text);

	if (t->refuse_after_bytes && used + len > t->refuse_after_bytes)
		return -1;
	(void)snprintf(t->text + used, sizeof(t->text) - used, "%.*s", (int)len,
	               (const char *)data);
	return 0;
}

static void start(struct http_received *r, struct taker *t)
{
	struct http_request request = {.answer_max_bytes = 10};

	if (t)
		request.sink = (struct http_sink){begin, take, t};
	http_received_init(r, &request);
}

static enum http_taken header(struct http_received *r, const char *line)
{
	return http_received_header(r, line, strlen(line));
}

static enum http_taken body(struct http_received *r, struct http_gate *gate, int status,
                            const char *text)
{
	return http_received_body(r, gate, status, text, strlen(text), 0);
}

static void test_sink(void **state)
{
	static const int statuses[] = {200, 206};

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct http_gate gate = {.last_turn = 0};
		struct taker t = {.begun = 0};
		struct http_received r;

		start(&r, &t);
		assert_int_equal(header(&r, "HTTP/1.1 200 OK\r\n"), HTTP_TAKEN);
		assert_int_equal(header(&r, "X-A: 7\r\n"), HTTP_TAKEN);
		assert_int_equal(t.begun, 0);
		assert_int_equal(body(&r, &gate, statuses[i], "one "), HTTP_TAKEN);
		assert_int_equal(body(&r, &gate, statuses[i], "two"), HTTP_TAKEN);
		assert_int_equal(t.begun, 1);
		assert_int_equal(t.status, statuses[i]);
		assert_string_equal(t.x_a, "7");
		assert_string_equal(t.text, "one two");
		assert_int_equal(r.body_bytes, 7);
		assert_int_equal(r.body.len, 0);
		http_received_release(&r);
	}
}

/* Bodies of errors, redirects and what has no bytes are none for a sink. */
static void test_not_for_the_sink(void **state)
{
	static const int statuses[] = {201, 204, 301, 307, 401, 404, 416, 429, 500};

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct http_gate gate = {.last_turn = 0};
		struct taker t = {.begun = 0};
		struct http_received r;

		start(&r, &t);
		assert_int_equal(body(&r, &gate, statuses[i], "why"), HTTP_TAKEN);
		CASE(t.begun == 0 && !t.text[0], "%d", statuses[i]);
		CASE(strcmp(str_text(&r.body), "why") == 0, "%d", statuses[i]);
		http_received_release(&r);
	}
}

static void test_refused_by_sink(void **state)
{
	struct http_gate gate = {.last_turn = 0};
	struct taker t = {.refuse_begin = 1};
	struct http_received r;

	(void)state;
	start(&r, &t);
	assert_int_equal(body(&r, &gate, 200, "one"), HTTP_TAKE_REFUSED);
	assert_int_equal(r.failure, HTTP_FAILED_SINK);
	assert_string_equal(t.text, "");
	http_received_release(&r);

	t = (struct taker){.refuse_after_bytes = 4};
	start(&r, &t);
	assert_int_equal(body(&r, &gate, 200, "one"), HTTP_TAKEN);
	assert_int_equal(body(&r, &gate, 200, "two"), HTTP_TAKE_REFUSED);
	assert_int_equal(r.failure, HTTP_FAILED_SINK);
	assert_string_equal(r.reason, "the answer was refused");
	assert_string_equal(t.text, "one");
	http_received_release(&r);
}

/* What the gate holds back is given to the sink once, whole, when enough has been saved up. */
static void test_gate(void **state)
{
	struct http_gate gate = {.last_turn = 0};
	struct taker t = {.begun = 0};
	struct http_received r;
	static char bytes[5001];
	int64_t now = 1000;

	(void)state;
	memset(bytes, 'b', sizeof(bytes) - 1);
	/* In steps of 1 KiB at least: several until there is enough. */
	rate_limit_init(&gate.rate, 1000, now);
	start(&r, &t);
	while (http_received_body(&r, &gate, 200, bytes, 5000, now) == HTTP_TAKE_LATER) {
		assert_int_equal(t.begun, 0);
		assert_int_equal(r.body_bytes, 0);
		now += 100;
		assert_true(now < 100000);
	}
	assert_string_equal(t.text, bytes);
	assert_int_equal(r.body_bytes, 5000);
	assert_int_equal(now - 1000, 5000);
	/* What was granted is used up. */
	assert_int_equal(http_received_body(&r, &gate, 200, bytes, 5000, now), HTTP_TAKE_LATER);
	/* An error's body does not wait. */
	assert_int_equal(body(&r, &gate, 500, bytes), HTTP_TAKEN);
	http_received_release(&r);
}

static void test_headers(void **state)
{
	struct http_received r;
	char line[1000] = "X-Long: ";
	int lines = 0;

	(void)state;
	start(&r, NULL);
	assert_int_equal(header(&r, "HTTP/1.1 100 Continue\r\n"), HTTP_TAKEN);
	assert_int_equal(header(&r, "X-A: 1\r\n"), HTTP_TAKEN);
	assert_int_equal(header(&r, "HTTP/1.1 200 OK\r\n"), HTTP_TAKEN);
	assert_null(http_headers_get(&r.headers, "x-a"));
	assert_int_equal(r.header_bytes, 23 + 8 + 17);
	memset(line + 8, 'x', sizeof(line) - 9);
	while (header(&r, line) == HTTP_TAKEN)
		assert_true(++lines < 100);
	assert_in_range(lines, 60, 66);
	assert_int_equal(r.failure, HTTP_FAILED_HEADERS);
	assert_string_equal(r.reason, "the answer's headers exceed 65536 bytes");
	http_received_release(&r);
}

/* Small limits are for what was asked for: an error may say more. */
static void test_body_limit(void **state)
{
	struct http_gate gate = {.last_turn = 0};
	struct http_received r;
	char text[1001];
	int parts = 0;

	(void)state;
	memset(text, 'e', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start(&r, NULL);
	while (body(&r, &gate, 200, text) == HTTP_TAKEN)
		assert_true(++parts < 100);
	assert_int_equal(parts, 65);
	assert_int_equal(r.failure, HTTP_FAILED_LARGE);
	assert_string_equal(r.reason, "the answer exceeds 65536 bytes");
	assert_int_equal(r.body_bytes, 66000);
	http_received_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sink),    cmocka_unit_test(test_not_for_the_sink),
		cmocka_unit_test(test_gate),    cmocka_unit_test(test_refused_by_sink),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_body_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
