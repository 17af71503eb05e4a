/*
 * When dispatch gives up (F2), against a scripted link: every exchange
 * lives for LIFE_MS, and what moves meanwhile is as the test says.
 */
#include "sync/dispatch/dispatch.h"
#include "sync/s3/client.h"

#include "base/hash.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { LIFE_MS = 60, GIVE_UP_MS = 600, SPARE_MS = 1800, BODY_BYTES = 400000 };

struct http_exchange {
	struct http_request request;
	int64_t started_ms;
};

/* Bytes for each millisecond. */
struct link {
	struct transport transport; /* first */
	struct http_exchange *exchange;
	uint64_t acknowledged, received;
	bool drawn_out; /* the exchange does not end */
};

static uint64_t moved(const struct link *l, uint64_t rate)
{
	return l->exchange ? rate * (uint64_t)(monotonic_ms() - l->exchange->started_ms) : 0;
}

static int link_submit(struct transport *t, const struct http_request *request,
                       struct http_exchange **exchange, struct err *err)
{
	struct link *l = (struct link *)t;

	assert_null(l->exchange);
	l->exchange = calloc(1, sizeof(*l->exchange));
	if (!l->exchange)
		return err_memory(err);
	l->exchange->request = *request;
	l->exchange->started_ms = monotonic_ms();
	*exchange = l->exchange;
	return 0;
}

static void link_cancel(struct transport *t, struct http_exchange *exchange)
{
	((struct link *)t)->exchange = NULL;
	free(exchange);
}

static int link_poll(struct transport *t, int timeout_ms, struct err *err)
{
	const struct timespec nap = {.tv_nsec = 5 * 1000000};
	struct link *l = (struct link *)t;
	struct http_exchange *x = l->exchange;
	struct str nothing = STR_INIT(1);
	struct http_answer answer = {.failure = HTTP_FAILED_STALL,
	                             .message = "nothing moved",
	                             .headers = &nothing,
	                             .body = &nothing,
	                             .sent_bytes = BODY_BYTES,
	                             .acknowledged_bytes = moved(l, l->acknowledged),
	                             .received_bytes = moved(l, l->received),
	                             .connected = true};

	(void)timeout_ms;
	(void)err;
	(void)nanosleep(&nap, NULL);
	if (!x || l->drawn_out || monotonic_ms() - x->started_ms < LIFE_MS)
		return 0;
	l->exchange = NULL;
	x->request.done(x->request.context, &answer);
	free(x);
	return 1;
}

static void link_progress(struct transport *t, struct http_exchange *exchange,
                          struct http_progress *progress)
{
	struct link *l = (struct link *)t;

	(void)exchange;
	progress->sent_bytes = BODY_BYTES;
	if (!l->drawn_out)
		return; /* what a short one moved is known at its end only */
	progress->acknowledged_bytes = moved(l, l->acknowledged);
	progress->received_bytes = moved(l, l->received);
}

static const struct transport_ops link_ops = {
	.submit = link_submit, .poll = link_poll, .cancel = link_cancel, .progress = link_progress};

static void never_done(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	(void)task;
	(void)result;
	(void)decision;
	fail();
}

/* After how long it gave up; -1: not within SPARE_MS. */
static int64_t gave_up_after(struct link *link, enum s3_op op)
{
	const struct endpoint_settings where = {
		.url = "http://127.0.0.1:1", .bucket = "b", .addressing = ADDRESSING_PATH};
	const struct dispatch_settings settings = {
		.transfers = 1,
		.patience = {.connect_wait_ms = 60000, .give_up_after_ms = GIVE_UP_MS},
		.retry_max_delay_ms = 5,
		.sink = &EVENT_SINK_NONE};
	static const uint8_t sum[SHA256_BYTES];
	static char body[BODY_BYTES];
	struct task task = {.request = {.op = op, .key = "k", .anonymous = true},
	                    .done = never_done};
	struct s3_settings of_s3 = {0};
	struct err err = ERR_INIT;
	struct dispatch d;
	int64_t started = monotonic_ms(), after = -1;

	link->transport.ops = &link_ops;
	assert_int_equal(endpoint_make(&of_s3.endpoint, &where, &err), 0);
	if (op == S3_PUT) {
		task.request.body = (struct http_body){.data = body, .length_bytes = BODY_BYTES};
		task.request.sha256 = sum;
		task.request.md5 = sum;
	}
	struct s3 *s3 = s3_new(&of_s3, &link->transport, &err);

	assert_non_null(s3);
	dispatch_init(&d, s3, &settings);
	dispatch_submit(&d, &task);
	while (after < 0 && monotonic_ms() - started < SPARE_MS)
		if (dispatch_step(&d, &err) < 0)
			after = monotonic_ms() - started;
	if (after >= 0) {
		assert_int_equal(err.code, ERR_TEMPORARY);
		assert_memory_equal(err.message, "no progress for ", 16);
	}
	dispatch_cancel_all(&d);
	/* What the kernel took from a body, and the server did not, is not told as sent. */
	assert_true(link->acknowledged > 0 || d.body_bytes == 0);
	s3_free(s3);
	return after;
}

static void test_handed_over_is_no_progress(void **state)
{
	struct link cut = {.acknowledged = 0}, mute = {.drawn_out = true};

	(void)state;
	assert_in_range(gave_up_after(&cut, S3_PUT), GIVE_UP_MS, SPARE_MS);
	assert_in_range(gave_up_after(&mute, S3_PUT), GIVE_UP_MS, SPARE_MS);
}

static void test_acknowledged_is_progress(void **state)
{
	/* Also when each connection is lost before it could be looked at. */
	struct link cut = {.acknowledged = 20000}, slow = {.acknowledged = 1, .drawn_out = true};

	(void)state;
	assert_int_equal(gave_up_after(&cut, S3_PUT), -1);
	assert_int_equal(gave_up_after(&slow, S3_PUT), -1);
}

/* A proxy without its server takes what its socket holds, and lets go. */
static void test_the_same_few_bytes_are_no_progress(void **state)
{
	struct link cut = {.acknowledged = 1};

	(void)state;
	assert_in_range(gave_up_after(&cut, S3_PUT), GIVE_UP_MS, SPARE_MS);
}

static void test_received_is_progress(void **state)
{
	struct link slow = {.received = 1, .drawn_out = true};

	(void)state;
	assert_int_equal(gave_up_after(&slow, S3_GET), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handed_over_is_no_progress),
		cmocka_unit_test(test_acknowledged_is_progress),
		cmocka_unit_test(test_the_same_few_bytes_are_no_progress),
		cmocka_unit_test(test_received_is_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
