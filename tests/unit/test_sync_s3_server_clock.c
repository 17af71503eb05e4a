/* The server's clock, by its Dates. */
#include "sync/s3/server_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void least_counts(void **state)
{
	struct server_clock clock = {false, 0};

	(void)state;
	assert_int_equal(server_clock_now(&clock, 5000, 77000), 77);
	server_clock_learn(&clock, -1, 5000);
	assert_int_equal(server_clock_now(&clock, 5000, 77000), 77);
	server_clock_learn(&clock, 1000000, 5000);
	assert_int_equal(server_clock_now(&clock, 7000, 77000), 1002);
	/* Whoever is ahead of the others is wrong, or was only less late. */
	server_clock_learn(&clock, 999000000, 6000);
	assert_int_equal(server_clock_now(&clock, 7000, 77000), 1002);
	server_clock_learn(&clock, 1001000, 7000);
	assert_int_equal(server_clock_now(&clock, 7000, 77000), 1001);
	/* Our clock is set: nothing changes. */
	assert_int_equal(server_clock_now(&clock, 9000, 0), 1003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
