/*
 * check: beside unit.h, what the tests of base and db share: assertions that show the error of a
 * call that must succeed and name the case of a table, scratch folders, children.
 */
#ifndef DRYDOCK_TESTS_UNIT_CHECK_H
#define DRYDOCK_TESTS_UNIT_CHECK_H

#include "base/cleanup.h"
#include "base/err.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The call must succeed (>= 0); else its error is the failure's message. */
#define MUST(call)                                                                                 \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

/* The call must fail with this code, and say something. */
#define MUST_FAIL(call, expected)                                                                  \
	do {                                                                                       \
		memset(&err, 0, sizeof(err));                                                      \
		assert_int_equal((call), -1);                                                      \
		assert_int_equal(err.code, (expected));                                            \
		assert_true(err.message[0]);                                                       \
	} while (0)

/* A case of a table failed: name it, then fail. */
#define CASE(condition, ...)                                                                       \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg(__VA_ARGS__);                                                     \
	} while (0)

enum { SCRATCH_MAX = 256 };

/*
 * Makes an empty folder and returns its path (in `path`): in memory if possible, because these
 * tests call fsync a lot.
 */
static inline char *scratch_make(char path[SCRATCH_MAX])
{
	const char *base = getenv("TMPDIR");

	if (!base && access("/dev/shm", W_OK) == 0)
		base = "/dev/shm";
	(void)snprintf(path, SCRATCH_MAX, "%s/drydock-unit-XXXXXX", base && *base ? base : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

/* Removes the folder and all that is in it. */
static inline void scratch_remove(const char *path)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Waits for a child; its exit status, or minus the signal that ended it. */
static inline int wait_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
