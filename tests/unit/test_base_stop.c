#include "base/stop.h"

#include "tests/unit/check.h"

#include <poll.h>
#include <signal.h>

static int readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0);
}

/* In a child, so that handlers and flags are gone afterwards. Returns the child's wait status. */
static int in_child(void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(0);
	}
	return wait_status(pid);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 200 + 1);                                                 \
	} while (0)

static void first_signal(void)
{
	struct err err = ERR_INIT;

	CHECK(stop_fd() == -1 && stop_requested() == 0 && stop_check(&err) == 0);
	CHECK(stop_install(&err) == 0);
	CHECK(stop_requested() == 0 && stop_check(&err) == 0 && readable(stop_fd()) == 0);
	CHECK(fcntl(stop_fd(), F_GETFD) & FD_CLOEXEC);
	CHECK(raise(SIGTERM) == 0);
	CHECK(stop_requested() == SIGTERM);
	CHECK(readable(stop_fd()) == 1 && readable(stop_fd()) == 1);
	CHECK(stop_check(&err) == -1 && err.code == ERR_INTERRUPTED && err.message[0]);
}

static void second_signal(void)
{
	struct err err = ERR_INIT;

	CHECK(stop_install(&err) == 0);
	CHECK(raise(SIGINT) == 0);
	CHECK(stop_requested() == SIGINT);
	(void)raise(SIGINT);
	_exit(1); /* never reached: the second one ends the process */
}

static void broken_pipe(void)
{
	struct err err = ERR_INIT;
	int ends[2];

	CHECK(stop_install(&err) == 0);
	CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
	CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE);
}

static void test_first(void **state)
{
	(void)state;
	assert_int_equal(in_child(first_signal), 0);
}

static void test_second(void **state)
{
	(void)state;
	assert_int_equal(in_child(second_signal), -SIGINT);
}

static void test_broken_pipe(void **state)
{
	(void)state;
	assert_int_equal(in_child(broken_pipe), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_broken_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
