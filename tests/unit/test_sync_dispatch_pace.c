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

		*now_ms += (int64_t)((double)BODY / rate) + 1;
		pace_body_done(p, BODY, *now_ms);
		most = pace_limit(p) > most ? pace_limit(p) : most;
	}
	return most;
}

static void starts_at_two(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 8, 0);
	assert_int_equal(pace_limit(&p), 2);
	pace_init(&p, 1, 0);
	assert_int_equal(pace_limit(&p), 1);
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
	assert_int_equal(pace_limit(&p), 2);
	now += 20000;
	(void)play(&p, 10000, 1e9, &now, now + 60000);
	assert_int_equal(pace_limit(&p), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_at_two),
		cmocka_unit_test(grows_while_it_pays),
		cmocka_unit_test(stays_small_on_a_thin_link),
		cmocka_unit_test(halves_when_hurt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
