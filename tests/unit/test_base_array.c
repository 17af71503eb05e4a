/* A growing array: nothing is lost when it moves, and a size beyond all memory is refused. */
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_grows(void **state)
{
	uint64_t *list = NULL;
	size_t count = 0, cap = 0, moves = 0;
	struct err err;

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		size_t before = cap;

		assert_int_equal(array_room(&list, count, &cap, &err), 0);
		moves += cap != before;
		list[count++] = i;
	}
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(list[i], i);
	assert_true(moves < 20);
	free(list);
}

static void test_too_large(void **state)
{
	char(*list)[1 << 20] = NULL;
	size_t cap = SIZE_MAX / 4;
	struct err err;

	(void)state;
	assert_int_equal(array_room(&list, cap, &cap, &err), -1);
	assert_int_equal(err.code, ERR_MEMORY);
	assert_int_equal(cap, SIZE_MAX / 4);
	assert_null(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
