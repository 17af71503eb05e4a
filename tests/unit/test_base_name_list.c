#include "base/name_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void keeps_to_its_maximum(void **state)
{
	struct name_list names = {.max_bytes = 3 * (5 + 4)};
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(name_list_add(&names, "v1.23", &err), 0);
	assert_int_equal(name_list_add(&names, "", &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.list[2], "v1.23");
	name_list_release(&names);
}

static void needs_none(void **state)
{
	struct name_list names = {0};
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(name_list_add(&names, "name", &err), 0);
	assert_int_equal(names.count, 1000);
	name_list_release(&names);
	assert_int_equal(names.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_to_its_maximum),
		cmocka_unit_test(needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
