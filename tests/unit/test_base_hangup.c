#include "base/hangup.h"

#include "base/stop.h"
#include "tests/unit/check.h"

#include <signal.h>
#include <sys/ioctl.h>

/* In a child of a session of its own, which has no terminal. Returns the child's wait status. */
static int in_session(void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setsid();
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

static void logs_are_meant(void)
{
	struct err err = ERR_INIT;

	CHECK(hangup_install(&err) == 0 && hangup_count() == 0);
	CHECK(raise(SIGHUP) == 0 && hangup_count() == 1);
	CHECK(raise(SIGHUP) == 0 && hangup_count() == 2);
	CHECK(stop_requested() == 0);
}

/* The terminal of this session. Returns its other end. */
static int get_terminal(void)
{
	int other = posix_openpt(O_RDWR | O_NOCTTY), terminal;

	CHECK(other >= 0 && grantpt(other) == 0 && unlockpt(other) == 0);
	terminal = open(ptsname(other), O_RDWR);
	CHECK(terminal >= 0);
	(void)ioctl(terminal, TIOCSCTTY, 0);
	return other;
}

static void close_terminal(int other)
{

	CHECK(close(other) == 0); /* which sends SIGHUP */
	for (int i = 0; i < 100 && !stop_requested() && !hangup_count(); i++)
		(void)usleep(20000);
}

static void terminal_goes(void)
{
	struct err err = ERR_INIT;
	int other = get_terminal();

	CHECK(stop_install(&err) == 0 && hangup_install(&err) == 0);
	CHECK(raise(SIGHUP) == 0);
	CHECK(hangup_count() == 1 && stop_requested() == 0); /* it is there */
	close_terminal(other);
	CHECK(stop_requested() == SIGHUP && hangup_count() == 1);
}

static void nohup(void)
{
	struct err err = ERR_INIT;
	int other = get_terminal();

	(void)signal(SIGHUP, SIG_IGN);
	CHECK(stop_install(&err) == 0 && hangup_install(&err) == 0);
	close_terminal(other);
	CHECK(stop_requested() == 0 && hangup_count() == 1);
}

static void test_logs(void **state)
{
	(void)state;
	assert_int_equal(in_session(logs_are_meant), 0);
}

static void test_terminal(void **state)
{
	(void)state;
	assert_int_equal(in_session(terminal_goes), 0);
}

static void test_nohup(void **state)
{
	(void)state;
	assert_int_equal(in_session(nohup), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logs),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_nohup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
