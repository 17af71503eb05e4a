#include "unit.h"

#include "base/cleanup.h"
#include "stage/serve/multipart.h"

#include <unistd.h>

/* The same body, however large the pieces are in which it is read. */
static void reads_in_any_steps(void **state)
{
	static const char blob[] = "0123456789";
	static const char wanted[] =
		"--B\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 8-9/10\r\n"
		"\r\n89\r\n--B\r\nContent-Type: application/octet-stream\r\n"
		"Content-Range: bytes 0-3/10\r\n\r\n0123\r\n--B--\r\n";
	struct multipart m = {.blob_bytes = 10,
	                      .ranges = {.list = {{8, 2}, {0, 4}}, .count = 2},
	                      .boundary = "B"};
	FILE *file = tmpfile();
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(file);
	m.fd = fileno(file);
	assert_int_equal(write(m.fd, blob, 10), 10);
	assert_int_equal(multipart_bytes(&m), strlen(wanted));
	for (size_t step = 1; step < 400; step++) {
		AUTO_STR struct str body = STR_INIT(1000);
		char piece[400];
		ssize_t got;

		while ((got = multipart_read(&m, body.len, piece, step, &err)) > 0)
			assert_int_equal(str_add(&body, piece, (size_t)got), 0);
		assert_int_equal(got, 0);
		assert_string_equal(str_text(&body), wanted);
	}
	(void)fclose(file);
}

static void tells_a_blob_that_shrank(void **state)
{
	struct multipart m = {.blob_bytes = 10,
	                      .ranges = {.list = {{0, 1}, {9, 1}}, .count = 2},
	                      .boundary = "B"};
	FILE *file = tmpfile();
	struct err err = ERR_INIT;
	char piece[400];
	uint64_t at = 0;
	ssize_t got;

	(void)state;
	assert_non_null(file);
	m.fd = fileno(file);
	assert_int_equal(write(m.fd, "x", 1), 1);
	while ((got = multipart_read(&m, at, piece, sizeof(piece), &err)) > 0)
		at += (uint64_t)got;
	assert_int_equal(got, -1);
	assert_int_equal(err.code, ERR_INTEGRITY);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_any_steps),
		cmocka_unit_test(tells_a_blob_that_shrank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
