#include "unit.h"

#include "stage/serve/listen.h"

#include <unistd.h>

static void reads_addresses(void **state)
{
	static const struct {
		const char *text, *host, *port; /* host NULL: refused */
	} cases[] = {
		{LISTEN_DEFAULT, "127.0.0.1", "5000"},
		{"[::1]:0", "::1", "0"},
		{":65535", "", "65535"},
		{"localhost:80", "localhost", "80"},
		{"", NULL, NULL},
		{"5000", NULL, NULL},
		{"localhost", NULL, NULL},
		{"localhost:", NULL, NULL},
		{"localhost:http", NULL, NULL},
		{"localhost:65536", NULL, NULL},
		{"localhost:99999999999", NULL, NULL},
		{"::1:5000", NULL, NULL},
		{"[::1]", NULL, NULL},
		{"host:-1", NULL, NULL},
		{"host:80 ", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct listen_address address;
		struct err err = ERR_INIT;
		int result = listen_parse(&address, cases[i].text, &err);

		if ((result == 0) != (cases[i].host != NULL))
			fail_msg("%s: %d %s", cases[i].text, result, err.message);
		if (result < 0) {
			assert_int_equal(err.code, ERR_USAGE);
			continue;
		}
		assert_string_equal(address.host, cases[i].host);
		assert_string_equal(address.port, cases[i].port);
	}
}

static void tells_the_port_that_it_got(void **state)
{
	const struct listen_address address = {"127.0.0.1", "0"};
	char text[LISTEN_TEXT_MAX];
	struct err err = ERR_INIT;
	int fd = listen_open(&address, &err);

	(void)state;
	assert_true(fd >= 0);
	(void)listen_text(fd, text);
	assert_memory_equal(text, "127.0.0.1:", 10);
	assert_true(strtoul(text + 10, NULL, 10) > 0);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(tells_the_port_that_it_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
