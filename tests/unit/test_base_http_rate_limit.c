#include "base/http/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Takes all it can every millisecond for a while; returns how much that was. */
static uint64_t drain(struct rate_limit *r, int64_t from_ms, int64_t for_ms)
{
	uint64_t sum = 0;

	for (int64_t now = from_ms; now < from_ms + for_ms; now++)
		for (size_t got; (got = rate_limit_take(r, 65536, now)) > 0;)
			sum += got;
	return sum;
}

static void test_holds(void **state)
{
	static const uint64_t rates[] = {1000, 50000, 1000000, 50000000, 5000000000u};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct rate_limit r;
		uint64_t sum;

		rate_limit_init(&r, rates[i], 0);
		sum = drain(&r, 0, 10000);
		assert_true(sum <= rates[i] * 10);
		assert_true(sum >= rates[i] * 10 - rates[i] / 10 - 2048);
	}
}

static void test_idle_earns_little(void **state)
{
	struct rate_limit r;

	(void)state;
	rate_limit_init(&r, 1000000, 0);
	assert_in_range(drain(&r, 3600 * 1000, 1000), 1000000, 1100000);
}

static void test_wait(void **state)
{
	struct rate_limit r;
	int64_t wait;

	(void)state;
	rate_limit_init(&r, 100000, 5);
	wait = rate_limit_wait_ms(&r, 5);
	assert_int_equal(wait, 50); /* a step is a twentieth of a second */
	assert_int_equal(rate_limit_take(&r, 65536, 5 + wait - 1), 0);
	assert_int_equal(rate_limit_wait_ms(&r, 5 + wait), 0);
	assert_int_equal(rate_limit_take(&r, 65536, 5 + wait), 5000);
	/* What is small enough need not wait for a step. */
	assert_int_equal(rate_limit_take(&r, 100, 5 + wait + 1), 100);
}

static void test_no_limit(void **state)
{
	struct rate_limit r;

	(void)state;
	rate_limit_init(&r, 0, 0);
	assert_int_equal(rate_limit_take(&r, 12345, 0), 12345);
	assert_int_equal(rate_limit_wait_ms(&r, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_idle_earns_little),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
