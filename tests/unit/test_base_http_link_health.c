#include "base/http/link_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const bool CUT = true, SILENT = false;

static void test_nothing_reached(void **state)
{
	struct link_health link = {.down = false};

	(void)state;
	link_health_lost(&link, SILENT, false, 3, 1);
	assert_true(link.down);
	assert_true(link_health_answered(&link, 2));
	assert_false(link.down);
	assert_false(link_health_answered(&link, 3));
	assert_int_equal(link.alive_at_ms, 3);
}

static void test_more_lost_than_in_flight(void **state)
{
	struct link_health link = {.down = false};

	(void)state;
	link_health_lost(&link, SILENT, true, 2, 1);
	link_health_lost(&link, SILENT, true, 2, 2);
	assert_false(link.down);
	link_health_lost(&link, SILENT, true, 2, 3);
	assert_true(link.down);
	assert_int_equal(link.alive_at_ms, 0);
}

static void test_cut_is_there(void **state)
{
	struct link_health link = {.down = false};

	(void)state;
	link_health_lost(&link, SILENT, false, 0, 1);
	link_health_lost(&link, CUT, true, 0, 2);
	assert_false(link.down);
	assert_int_equal(link.lost, 0);
	assert_int_equal(link.alive_at_ms, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_reached),
		cmocka_unit_test(test_more_lost_than_in_flight),
		cmocka_unit_test(test_cut_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
