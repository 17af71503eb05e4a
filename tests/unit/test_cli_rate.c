/* How fast, and how long still: by a model of a link and a clock of the test's own. */
#include "cli/rate.h"
#include "tests/unit/check.h"

#include <stdbool.h>

enum { MIB = 1 << 20, STEP_MS = 200 };

/* The link of a test: what has arrived at a moment. */
struct link {
	double per_ms;       /* while it is up */
	int64_t up_ms;       /* 0: always */
	int64_t down_ms;     /* then so long nothing */
	int64_t lose_every;  /* each so many ms … */
	uint64_t lose_bytes; /* … this is taken back */
	double bytes;
};

static void step(struct link *l, int64_t at_ms)
{
	if (l->up_ms == 0 || at_ms % (l->up_ms + l->down_ms) < l->up_ms)
		l->bytes += l->per_ms * STEP_MS;
	if (l->lose_every && at_ms % l->lose_every < STEP_MS && l->bytes > (double)l->lose_bytes)
		l->bytes -= (double)l->lose_bytes;
}

static int64_t time_of_end(struct link l, uint64_t total)
{
	int64_t at = 0;

	while (l.bytes < (double)total)
		step(&l, at += STEP_MS);
	return at;
}

/* Of the estimates after `from_ms`, how many are within a factor of two of the truth, or nothing.
 */
static void judge(struct link l, uint64_t total, int64_t from_ms, double least)
{
	int64_t end = time_of_end(l, total), at = 0;
	struct rate r = {0};
	unsigned good = 0, all = 0;

	while (l.bytes < (double)total) {
		uint64_t done = (uint64_t)l.bytes;
		int64_t left, truth = end - at;

		rate_note(&r, done, 1000 + at);
		left = rate_left_ms(&r, total - done, 1000 + at);
		if (at >= from_ms && truth > 2000) {
			all++;
			good += left >= truth / 2 && left <= truth * 2;
		}
		step(&l, at += STEP_MS);
	}
	assert_true(all > 10);
	if ((double)good < least * all)
		fail_msg("%u of %u estimates are within a factor of two", good, all);
}

static void test_a_steady_link_is_foretold(void **state)
{
	(void)state;
	judge((struct link){.per_ms = 1000}, 100 * MIB, RATE_FIRST_MS, 1.0);
	judge((struct link){.per_ms = 12}, 4 * MIB, RATE_FIRST_MS, 1.0);
	judge((struct link){.per_ms = 1000, .lose_every = 9000, .lose_bytes = MIB}, 200 * MIB, 5000,
	      1.0);
}

static void test_a_link_that_comes_and_goes(void **state)
{
	(void)state;
	judge((struct link){.per_ms = 1000, .up_ms = 6000, .down_ms = 4000}, 200 * MIB, 10000, 1.0);
	/* Longer than what counts as standing still: the time that it is up is told. */
	judge((struct link){.per_ms = 1000, .up_ms = 10000, .down_ms = 9000}, 300 * MIB, 30000,
	      0.7);
}

static void test_standing_still(void **state)
{
	struct rate r = {0};
	int64_t at = 1000;

	(void)state;
	assert_int_equal(rate_still_ms(&r, at), 0);
	assert_int_equal(rate_left_ms(&r, 1, at), -1);
	for (; at <= 11000; at += STEP_MS)
		rate_note(&r, (uint64_t)at * 1000, at);
	assert_in_range(rate_per_second(&r, at), 900000, 1000000);
	for (; at < 71000; at += STEP_MS)
		rate_note(&r, 11000 * 1000, at);
	assert_int_equal(rate_still_ms(&r, at), at - 11000);
	assert_true(rate_per_second(&r, at) <= 0);
	assert_int_equal(rate_left_ms(&r, 5, at), -1);
	/* It heals: the outage is no part of the rate. */
	for (int i = 1; i < 20; i++, at += STEP_MS)
		rate_note(&r, 11000 * 1000 + (uint64_t)i * STEP_MS * 1000, at);
	assert_in_range(rate_per_second(&r, at), 900000, 1100000);
	/* What is lost makes no negative rate. */
	rate_note(&r, 0, at);
	assert_true(rate_per_second(&r, at) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_steady_link_is_foretold),
		cmocka_unit_test(test_a_link_that_comes_and_goes),
		cmocka_unit_test(test_standing_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
