#include "sync/dispatch/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { BODY = 5 << 20 };

/*
 * Plays a link on which each body goes at `each` bytes per ms, all together at most `total`, until
 * `until_ms`. Returns the greatest limit seen.
 */
static unsigned play(struct pace *p, double each, double total, int64_t *now_ms, int64_t until_ms)
{
	unsigned most = 0;

	while (*now_ms < until_ms) {
		double rate = each * pace_limit(p) < total ? each * pace_limit(p) : total;

		int64_t gap_ms = (int64_t)((double)BODY / rate) + 1;

		*now_ms += gap_ms;
		pace_body_done(p, BODY, gap_ms * pace_limit(p), *now_ms);
		most = pace_limit(p) > most ? pace_limit(p) : most;
	}
	return most;
}

static void starts_at_one(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 8, 0);
	assert_int_equal(pace_limit(&p), 1);
	assert_int_equal(pace_in_flight(&p), 2); /* one of them waits for its answer */
	pace_init(&p, 1, 0);
	assert_int_equal(pace_limit(&p), 1);
	assert_int_equal(pace_in_flight(&p), 1);
}

/* A body that takes no time shows that two lose little. */
static void two_where_bodies_are_quick(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 8, 0);
	pace_body_done(&p, BODY, 1100, 1100);
	assert_int_equal(pace_limit(&p), 1);
	pace_init(&p, 8, 0);
	pace_body_done(&p, BODY, 900, 900);
	assert_int_equal(pace_limit(&p), 2);
	pace_body_done(&p, BODY, 1800, 2000); /* of two that share the link each takes longer */
	pace_hurt(&p, 3000);
	assert_int_equal(pace_limit(&p), 2);
	pace_body_done(&p, BODY, 2200, 5000);
	pace_hurt(&p, 6000);
	assert_int_equal(pace_limit(&p), 1);
	pace_init(&p, 1, 0);
	pace_body_done(&p, BODY, 100, 100);
	assert_int_equal(pace_limit(&p), 1);
}

/* After an outage one at a time again, and for longer each time. */
static void one_after_an_outage(void **state)
{
	struct pace p;
	int64_t now = 0, last = 0;

	(void)state;
	pace_init(&p, 8, now);
	(void)play(&p, 10000, 1e9, &now, 20000);
	assert_int_equal(pace_limit(&p), 8);
	for (int i = 0; i < 3; i++) {
		int64_t began = now;

		pace_outage(&p, now);
		assert_int_equal(pace_limit(&p), 1);
		while (pace_limit(&p) == 1) {
			now += 100;
			pace_body_done(&p, BODY, 100, now);
		}
		assert_int_equal(pace_limit(&p), 2);
		assert_true(now - began > last);
		last = now - began;
	}
}

static void grows_while_it_pays(void **state)
{
	struct pace p;
	int64_t now = 0;

	(void)state;
	pace_init(&p, 8, now);
	(void)play(&p, 10000, 1e9, &now, 20000);
	assert_int_equal(pace_limit(&p), 8);
}

static void stays_small_on_a_thin_link(void **state)
{
	struct pace p;
	int64_t now = 0;

	(void)state;
	pace_init(&p, 8, now);
	assert_true(play(&p, 20000, 20000, &now, 600000) <= 3);
	assert_true(pace_limit(&p) <= 3);
}

static void halves_when_hurt(void **state)
{
	struct pace p;
	int64_t now = 0;

	(void)state;
	pace_init(&p, 8, now);
	(void)play(&p, 10000, 1e9, &now, 20000);
	pace_hurt(&p, now);
	assert_int_equal(pace_limit(&p), 4);
	pace_hurt(&p, now + 10); /* the same outage */
	assert_int_equal(pace_limit(&p), 4);
	for (int i = 1; i < 5; i++)
		pace_hurt(&p, now + i * 2000);
	assert_int_equal(pace_limit(&p), 2); /* bodies are quick here */
	now += 20000;
	(void)play(&p, 10000, 1e9, &now, now + 60000);
	assert_int_equal(pace_limit(&p), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_at_one),
		cmocka_unit_test(two_where_bodies_are_quick),
		cmocka_unit_test(one_after_an_outage),
		cmocka_unit_test(grows_while_it_pays),
		cmocka_unit_test(stays_small_on_a_thin_link),
		cmocka_unit_test(halves_when_hurt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
