#include "sync/dispatch/retry.h"
#include "sync/s3/clock_skew.h"
#include "sync/s3/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Facts of an answer, and what they must lead to. */
static const struct {
	enum s3_op op;
	int status;
	const char *code;
	enum retry_action action;
	enum err_code err;
} table[] = {
	/* F1: transient */
	{S3_PUT, 500, "InternalError", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 502, "InternalError", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 503, "SlowDown", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 504, "InternalError", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 429, "TooManyRequests", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 509, "BandwidthLimitExceeded", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 520, "InternalError", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 400, "RequestTimeout", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 400, "IncompleteBody", RETRY_SEND, ERR_TEMPORARY},
	{S3_PUT, 409, "ConditionalRequestConflict", RETRY_SEND, ERR_TEMPORARY},
	{S3_LIST, 200, "MalformedAnswer", RETRY_SEND, ERR_TEMPORARY},
	{S3_COMPLETE, 200, "InternalError", RETRY_LOOK, ERR_TEMPORARY},
	{S3_COMPLETE, 503, "SlowDown", RETRY_SEND, ERR_TEMPORARY},
	{S3_COMPLETE, 200, "MalformedAnswer", RETRY_LOOK, ERR_TEMPORARY},
	/* F3: the object */
	{S3_PUT, 400, "BadDigest", RETRY_REHASH, ERR_TEMPORARY},
	{S3_PUT_PART, 400, "XAmzContentSHA256Mismatch", RETRY_REHASH, ERR_TEMPORARY},
	{S3_PUT, 403, "AccessDenied", RETRY_FAIL_OBJECT, ERR_AUTH},
	{S3_PUT, 400, "EntityTooLarge", RETRY_FAIL_OBJECT, ERR_OTHER},
	{S3_PUT, 413, "EntityTooLarge", RETRY_FAIL_OBJECT, ERR_OTHER},
	{S3_GET, 404, "NoSuchKey", RETRY_FAIL_OBJECT, ERR_NOT_FOUND},
	{S3_PUT, 501, "NotImplemented", RETRY_FAIL_OBJECT, ERR_OTHER},
	/* F3: the run */
	{S3_PUT, 403, "InvalidAccessKeyId", RETRY_FAIL_RUN, ERR_AUTH},
	{S3_PUT, 403, "SignatureDoesNotMatch", RETRY_FAIL_RUN, ERR_AUTH},
	{S3_PUT, 404, "NoSuchBucket", RETRY_FAIL_RUN, ERR_NOT_FOUND},
	{S3_LIST, 403, "AccessDenied", RETRY_FAIL_RUN, ERR_AUTH},
	{S3_PUT, 400, "AccessControlListNotSupported", RETRY_FAIL_RUN, ERR_CONFIG},
	/* F4 */
	{S3_PUT, 403, "RequestTimeTooSkewed", RETRY_SIGN, ERR_TEMPORARY},
	{S3_PUT, 400, "ExpiredToken", RETRY_REFRESH, ERR_TEMPORARY},
	{S3_PUT, 301, "PermanentRedirect", RETRY_REGION, ERR_TEMPORARY},
	{S3_PUT, 307, "TemporaryRedirect", RETRY_REGION, ERR_TEMPORARY},
	{S3_LIST, 400, "AuthorizationHeaderMalformed", RETRY_REGION, ERR_TEMPORARY},
	/* M2, M3 */
	{S3_PUT_PART, 404, "NoSuchUpload", RETRY_RESTART, ERR_TEMPORARY},
	{S3_LIST_PARTS, 404, "NoSuchKey", RETRY_RESTART, ERR_TEMPORARY},
	{S3_COPY_PART, 404, "NoSuchUpload", RETRY_RESTART, ERR_TEMPORARY},
	{S3_COPY_PART, 404, "NoSuchKey", RETRY_FAIL_OBJECT, ERR_NOT_FOUND}, /* the source */
	{S3_COMPLETE, 404, "NoSuchUpload", RETRY_LOOK, ERR_TEMPORARY},
	{S3_COMPLETE, 400, "InvalidPart", RETRY_RESTART, ERR_TEMPORARY},
};

static struct retry_facts facts_of_row(size_t i)
{
	return (struct retry_facts){.op = table[i].op,
	                            .status = table[i].status,
	                            .s3_code = table[i].code,
	                            .retry_after_ms = -1,
	                            .attempts = 1,
	                            .answered = 1};
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct retry_facts facts = facts_of_row(i);
		struct retry_decision d = retry_decide(&facts);

		if (d.action != table[i].action || d.code != table[i].err)
			print_error("%s %d %s: action %d\n", s3_op_name(table[i].op),
			            table[i].status, table[i].code, (int)d.action);
		assert_int_equal(d.action, table[i].action);
		assert_int_equal(d.code, table[i].err);
		assert_false(d.link_down);
	}
}

/* F4: a HEAD is told 400 and nothing else when the key has ended. */
static void test_wordless_end(void **state)
{
	struct retry_facts facts = {.op = S3_HEAD,
	                            .status = 400,
	                            .s3_code = "BadRequest",
	                            .retry_after_ms = -1,
	                            .attempts = 1,
	                            .answered = 1};

	(void)state;
	assert_int_equal(retry_decide(&facts).action, RETRY_FAIL_OBJECT);
	facts.signed_for_a_time = true;
	assert_int_equal(retry_decide(&facts).action, RETRY_REFRESH);
	facts.op = S3_HEAD_BUCKET;
	assert_int_equal(retry_decide(&facts).action, RETRY_REFRESH);
	facts.op = S3_GET;
	assert_int_equal(retry_decide(&facts).action, RETRY_FAIL_OBJECT);
	facts.op = S3_HEAD;
	facts.refreshed = true;
	assert_int_equal(retry_decide(&facts).action, RETRY_FAIL_OBJECT);
}

/* FS2: what cannot be read is asked for once more. FP8: a redirect to https is told at once. */
static void test_hopeless_answers(void **state)
{
	struct retry_facts facts = {.op = S3_LIST,
	                            .status = 200,
	                            .s3_code = S3_CODE_MALFORMED,
	                            .retry_after_ms = -1,
	                            .attempts = 1,
	                            .answered = 1};
	struct retry_decision d = retry_decide(&facts);

	(void)state;
	assert_int_equal(d.action, RETRY_SEND);
	facts.attempts = facts.answered = 2;
	d = retry_decide(&facts);
	assert_int_equal(d.action, RETRY_FAIL_RUN);
	assert_int_equal(d.code, ERR_TEMPORARY);
	facts = (struct retry_facts){
		.op = S3_LIST, .status = 301, .s3_code = "PermanentRedirect", .wants_https = true};
	d = retry_decide(&facts);
	assert_int_equal(d.action, RETRY_FAIL_RUN);
	assert_int_equal(d.code, ERR_CONFIG);
}

/* Whatever a server answers, an object ends: no row leads to trying for ever. */
static void test_answers_run_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct retry_facts facts = facts_of_row(i);
		struct retry_decision d;

		facts.answered = BACKOFF_ANSWERED_MAX;
		facts.refreshed = facts.redirected = facts.signed_again = true;
		d = retry_decide(&facts);
		if (table[i].action == RETRY_RESTART || strcmp(table[i].code, "NoSuchUpload") == 0)
			continue; /* these change what is sent, and the caller counts restarts */
		if (d.action != RETRY_FAIL_OBJECT && d.action != RETRY_FAIL_RUN)
			print_error("%s %s: action %d\n", s3_op_name(table[i].op), table[i].code,
			            (int)d.action);
		assert_true(d.action == RETRY_FAIL_OBJECT || d.action == RETRY_FAIL_RUN);
	}
}

static void test_without_answer(void **state)
{
	static const struct {
		enum http_failure failure;
		enum s3_op op;
		enum retry_action action;
		enum err_code err;
	} cases[] = {
		{HTTP_FAILED_LINK, S3_PUT, RETRY_SEND, ERR_TEMPORARY},
		{HTTP_FAILED_STALL, S3_LIST, RETRY_SEND, ERR_TEMPORARY},
		{HTTP_FAILED_LINK, S3_COMPLETE, RETRY_LOOK, ERR_TEMPORARY},
		{HTTP_FAILED_TLS, S3_LIST, RETRY_FAIL_RUN, ERR_CONFIG},
		{HTTP_FAILED_CONFIG, S3_LIST, RETRY_FAIL_RUN, ERR_CONFIG},
		{HTTP_FAILED_LOCAL, S3_PUT, RETRY_FAIL_OBJECT, ERR_STORAGE},
		{HTTP_FAILED_LARGE, S3_GET, RETRY_FAIL_OBJECT, ERR_REFUSED},
		{HTTP_FAILED_MEMORY, S3_GET, RETRY_FAIL_RUN, ERR_MEMORY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Lost connections are never too many. */
		const struct retry_facts facts = {.op = cases[i].op,
		                                  .failure = cases[i].failure,
		                                  .s3_code = "",
		                                  .retry_after_ms = -1,
		                                  .attempts = 1000,
		                                  .answered = 1000};
		struct retry_decision d = retry_decide(&facts);

		assert_int_equal(d.action, cases[i].action);
		assert_int_equal(d.code, cases[i].err);
		if (d.action == RETRY_SEND || d.action == RETRY_LOOK) {
			assert_true(d.link_down);
			assert_true(d.fresh_connection);
		}
	}
}

static int64_t delay(struct retry_facts facts, unsigned attempts, uint64_t random)
{
	facts.attempts = attempts;
	facts.random = random;
	return retry_decide(&facts).delay_ms;
}

static void test_delays(void **state)
{
	struct retry_facts facts = {.op = S3_PUT,
	                            .status = 500,
	                            .s3_code = "InternalError",
	                            .retry_after_ms = -1,
	                            .answered = 1};
	struct retry_facts busy = facts;

	(void)state;
	busy.status = 503;
	busy.s3_code = "SlowDown";
	assert_int_equal(delay(facts, 1, 0), 0);
	assert_int_equal(delay(facts, 1, 50), 50);
	assert_int_equal(delay(facts, 2, 100), 100);
	assert_int_equal(delay(facts, 5, 800), 800);
	assert_int_equal(delay(busy, 1, 1000), 1000);
	assert_int_equal(delay(busy, 4, 8000), 8000);
	for (uint64_t random = 0; random < 1000000; random += 997) {
		assert_true(delay(facts, 1, random) <= 50);
		assert_in_range(delay(facts, 4000000000u, random), 0, 20000);
	}
	facts.delay_max_ms = 100;
	assert_true(delay(facts, 30, 99999) <= 100);
	busy.retry_after_ms = 7000;
	assert_int_equal(delay(busy, 1, 0), 7000);
	busy.retry_after_ms = 3600000;
	assert_int_equal(delay(busy, 1, 0), 60000);
	assert_true(retry_decide(&busy).throttled);
	assert_false(retry_decide(&busy).fresh_connection);
	assert_true(retry_decide(&facts).fresh_connection);
}

/* A link is tried again soon after it may be back: within a quarter of the time it was away. */
static void test_delays_of_the_link(void **state)
{
	static const struct {
		unsigned attempts;
		int64_t silent_ms, delay_max_ms, most_ms;
	} cases[] = {
		{1, 0, 0, 50},          {2, 0, 0, 100},         {10, 0, 0, 200},
		{10, 800, 0, 200},      {10, 2000, 0, 500},     {10, 40000, 0, 10000},
		{30, 600000, 0, 20000}, {30, 600000, 100, 100}, {30, 0, 100, 100},
		{1, 600000, 0, 50},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct retry_facts facts = {.op = S3_PUT_PART,
		                                  .failure = HTTP_FAILED_LINK,
		                                  .s3_code = "",
		                                  .retry_after_ms = -1,
		                                  .silent_ms = cases[i].silent_ms,
		                                  .delay_max_ms = cases[i].delay_max_ms};

		assert_int_equal(delay(facts, cases[i].attempts, (uint64_t)cases[i].most_ms),
		                 cases[i].most_ms);
		assert_int_equal(delay(facts, cases[i].attempts, (uint64_t)cases[i].most_ms + 1),
		                 0);
	}
}

static void test_conditions(void **state)
{
	struct retry_facts facts = {.op = S3_PUT,
	                            .status = 412,
	                            .s3_code = "PreconditionFailed",
	                            .retry_after_ms = -1,
	                            .conditional = true,
	                            .attempts = 1,
	                            .answered = 1};

	(void)state;
	assert_int_equal(retry_decide(&facts).action, RETRY_LOOK);
	facts.status = 409;
	facts.s3_code = "ConditionalRequestConflict";
	assert_int_equal(retry_decide(&facts).action, RETRY_MERGE);
	facts.status = 500;
	facts.s3_code = "InternalError";
	assert_int_equal(retry_decide(&facts).action, RETRY_MERGE);
	facts.status = 503;
	facts.s3_code = "SlowDown";
	assert_int_equal(retry_decide(&facts).action, RETRY_SEND);
	facts.ok = true;
	assert_int_equal(retry_decide(&facts).action, RETRY_NONE);
}

static void test_skew(void **state)
{
	static const struct {
		const char *name;
		struct clock_skew_sample sample;
		int64_t before;
		bool learned;
		int64_t after;
	} cases[] = {
		{"midpoint", {1000000, -1, 100000, 102000, false, false}, 0, true, 899000},
		{"behind", {10000, -1, 100000, 100000, false, false}, 0, true, -90000},
		{"noise", {130000, -1, 100000, 102000, false, false}, 0, false, 0},
		{"known", {1000000, -1, 100000, 102000, false, false}, 900000, false, 900000},
		{"back to right", {101000, -1, 100000, 102000, false, false}, 900000, true, 0},
		{"cached", {1000000, -1, 100000, 102000, true, false}, 0, false, 0},
		{"long", {1000000, -1, 100000, 160000, false, false}, 0, false, 0},
		{"long but refused", {1000000, -1, 100000, 160000, false, true}, 0, true, 840000},
		{"no date", {-1, -1, 100000, 102000, false, true}, 0, false, 0},
		{"server time", {-1, 1000000, 100000, 100000, false, true}, 0, true, 900000},
		{"never sent", {1000000, -1, 0, 102000, false, false}, 0, false, 0},
		{"clock set back meanwhile",
	         {1000000, -1, 200000, 100000, false, false},
	         0,
	         false,
	         0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t offset = cases[i].before;

		if (clock_skew_learn(&offset, &cases[i].sample) != cases[i].learned)
			print_error("%s\n", cases[i].name);
		assert_int_equal(offset, cases[i].after);
	}
}

static void test_words(void **state)
{
	struct endpoint endpoint = {.https = true, .host = "s3.example", .bucket = "my-registry"};
	struct s3_result r = {.op = S3_PUT, .key = "v2/a/blobs/x", .status = 403, .message = ""};
	struct err err = ERR_INIT;
	char why[S3_WHY_MAX];

	(void)state;
	(void)strcpy(r.fault.code, "AccessDenied");
	assert_int_equal(s3_error(&r, &endpoint, ERR_AUTH, &err), -1);
	assert_string_equal(err.message, "PUT v2/a/blobs/x: 403 AccessDenied (bucket my-registry): "
	                                 "the key may lack s3:PutObject");
	assert_int_equal(err.code, ERR_AUTH);
	assert_string_equal(s3_why(&r, why), "403 AccessDenied");
	r.op = S3_LIST;
	r.key = "";
	(void)s3_error(&r, &endpoint, ERR_AUTH, &err);
	assert_string_equal(err.message, "LIST my-registry: 403 AccessDenied (bucket my-registry): "
	                                 "the key may lack s3:ListBucket");
	r.op = S3_PUT;
	r.key = "k";
	r.status = 400;
	(void)strcpy(r.fault.code, "Odd");
	(void)strcpy(r.fault.message, "What now");
	(void)s3_error(&r, &endpoint, ERR_OTHER, &err);
	assert_string_equal(err.message, "PUT k: 400 Odd (bucket my-registry): \"What now\"");
	/* FP7: the server's words and a hint; no guess where the code is another. */
	r.status = 403;
	(void)strcpy(r.fault.code, "AccessDenied");
	(void)s3_error(&r, &endpoint, ERR_AUTH, &err);
	assert_string_equal(err.message, "PUT k: 403 AccessDenied (bucket my-registry): \"What "
	                                 "now\": the key may lack s3:PutObject");
	(void)strcpy(r.fault.code, "AccountProblem");
	(void)s3_error(&r, &endpoint, ERR_AUTH, &err);
	assert_string_equal(err.message,
	                    "PUT k: 403 AccountProblem (bucket my-registry): \"What now\"");
	/* FP8: where a redirect points to. */
	r.status = 301;
	(void)strcpy(r.fault.code, "PermanentRedirect");
	r.fault.message[0] = '\0';
	r.location = "https://s3.example:9000/my-registry?list-type=2";
	r.region = "";
	(void)s3_error(&r, &endpoint, ERR_CONFIG, &err);
	assert_string_equal(err.message,
	                    "PUT k: 301 PermanentRedirect (bucket my-registry): the server sends "
	                    "its clients to https://s3.example:9000: check --endpoint-url");
	r.wants_https = true;
	(void)s3_error(&r, &endpoint, ERR_CONFIG, &err);
	assert_string_equal(err.message,
	                    "PUT k: 301 PermanentRedirect (bucket my-registry): the endpoint "
	                    "speaks https: give it as --endpoint-url https://s3.example:9000");
	r.wants_https = false;
	r.region = "eu-x";
	(void)s3_error(&r, &endpoint, ERR_CONFIG, &err);
	assert_string_equal(err.message,
	                    "PUT k: 301 PermanentRedirect (bucket my-registry): the bucket is in "
	                    "another region: set --region or --endpoint-url");
	r.failure = HTTP_FAILED_LINK;
	r.message = "Connection refused\x1b[2J";
	(void)s3_error(&r, &endpoint, ERR_TEMPORARY, &err);
	assert_string_equal(err.message, "PUT k to https://s3.example: Connection refused\\x1b[2J: "
	                                 "check the network and the endpoint");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hopeless_answers),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_answers_run_out),
		cmocka_unit_test(test_without_answer),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_wordless_end),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_delays_of_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
