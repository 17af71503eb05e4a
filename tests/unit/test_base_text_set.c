#include "base/text_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void keeps_each_text_once_and_in_order(void **state)
{
	struct text_set set = TEXT_SET_INIT;
	struct err err = ERR_INIT;
	const char *at;
	char text[32];
	int i = 0;

	(void)state;
	assert_false(text_set_has(&set, "v2/0"));
	assert_null(text_set_first(&set));
	for (int round = 0; round < 2; round++)
		for (int k = 0; k < 5000; k++) {
			(void)snprintf(text, sizeof(text), "v2/%d", k);
			assert_int_equal(text_set_add(&set, text, &err), round == 0);
		}
	assert_int_equal(set.count, 5000);
	for (at = text_set_first(&set); at; at = text_set_next(&set, at), i++) {
		(void)snprintf(text, sizeof(text), "v2/%d", i);
		assert_string_equal(at, text);
	}
	assert_int_equal(i, 5000);
	assert_false(text_set_has(&set, "v2/5000"));
	text_set_release(&set);
}

static void is_empty_when_cleared(void **state)
{
	struct text_set set = TEXT_SET_INIT;
	struct err err = ERR_INIT;

	(void)state;
	text_set_clear(&set);
	assert_int_equal(text_set_add(&set, "", &err), 1);
	assert_int_equal(text_set_add(&set, "", &err), 0);
	assert_true(text_set_has(&set, ""));
	text_set_clear(&set);
	assert_false(text_set_has(&set, ""));
	assert_null(text_set_first(&set));
	assert_int_equal(text_set_add(&set, "", &err), 1);
	text_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_each_text_once_and_in_order),
		cmocka_unit_test(is_empty_when_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
