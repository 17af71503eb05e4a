/*
 * unit: what every unit test includes first: cmocka with the headers it forgets, and small helpers.
 * TEST_SOURCE is the source tree, set by the Makefile.
 */
#ifndef DRYDOCK_TESTS_UNIT_UNIT_H
#define DRYDOCK_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text of a file of the source tree; fails the test when it cannot be read. Caller frees. */
static inline char *unit_read_source(const char *path)
{
	const char *source = getenv("TEST_SOURCE");
	char full[4096];
	char *text;
	long size;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", source ? source : ".", path);
	f = fopen(full, "re");
	if (!f)
		fail_msg("cannot open %s", full);
	(void)fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, f), (size_t)size);
	(void)fclose(f);
	return text;
}

#endif
