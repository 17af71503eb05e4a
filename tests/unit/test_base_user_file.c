#include "base/user_file.h"

#include "tests/unit/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int set_up(void **state)
{
	static char folder[SCRATCH_MAX];

	*state = scratch_make(folder);
	return 0;
}

static int tear_down(void **state)
{
	scratch_remove(*state);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

/* As people keep files: behind links, as pipes; /dev/null is an empty one. */
static void test_read(void **state)
{
	const char *folder = *state;
	AUTO_STR struct str out = STR_INIT(5000);
	struct err err = ERR_INIT;
	char text[5001], path[SCRATCH_MAX + 8], link[SCRATCH_MAX + 8], missing[SCRATCH_MAX + 16],
		end[64];
	int ends[2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)snprintf(path, sizeof(path), "%s/user", folder);
	write_file(path, text);
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	(void)snprintf(missing, sizeof(missing), "%s/user/none", folder);
	assert_int_equal(symlink("user", link), 0);
	MUST(user_file_read(link, &out, &err));
	assert_int_equal(out.len, 5000);
	out.max = out.len = 4999;
	MUST_FAIL(user_file_read(link, &out, &err), ERR_CONFIG);
	str_clear(&out);
	MUST_FAIL(user_file_read(link, &out, &err), ERR_CONFIG);
	str_clear(&out);
	MUST(user_file_read("/dev/null", &out, &err));
	assert_int_equal(out.len, 0);
	MUST_FAIL(user_file_read(missing, &out, &err), ERR_NOT_FOUND);
	MUST_FAIL(user_file_read("/nonexistent/x", &out, &err), ERR_NOT_FOUND);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "piped", 5), 5);
	(void)close(ends[1]);
	(void)snprintf(end, sizeof(end), "/proc/self/fd/%d", ends[0]);
	MUST(user_file_read(end, &out, &err));
	assert_string_equal(str_text(&out), "piped");
	(void)close(ends[0]);
	MUST_FAIL(user_file_read(folder, &out, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "directory"));
}

/* Without a writer it is an error; one that comes late, and takes its time, is waited for. */
static void test_pipe(void **state)
{
	AUTO_STR struct str out = STR_INIT(5000);
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 8];
	int status;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/pipe", (const char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	MUST_FAIL(user_file_read(path, &out, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "no program writes"));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd;

		(void)usleep(100000);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		(void)usleep(100000);
		if (write(fd, "la", 2) != 2)
			_exit(1);
		(void)usleep(100000);
		_exit(write(fd, "te", 2) != 2);
	}
	MUST(user_file_read(path, &out, &err));
	assert_string_equal(str_text(&out), "late");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_check(void **state)
{
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/x", (const char *)*state);
	MUST_FAIL(user_file_check(path, &err), ERR_NOT_FOUND);
	assert_int_equal(mkfifo(path, 0600), 0);
	MUST_FAIL(user_file_check(path, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "regular file"));
	MUST_FAIL(user_file_check("/dev/null", &err), ERR_CONFIG);
	MUST_FAIL(user_file_check(*state, &err), ERR_CONFIG);
	assert_int_equal(unlink(path), 0);
	write_file(path, "");
	MUST(user_file_check(path, &err));
}

/* A pipe that nobody reads is no place for a log. */
static void test_append(void **state)
{
	struct err err = ERR_INIT;
	char path[SCRATCH_MAX + 8];
	FILE *file;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/x", (const char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	MUST_FAIL(user_file_append(path, "log", &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "no program reads"));
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 2; i++) {
		file = user_file_append_lines(path, "log", &err);
		assert_non_null(file);
		assert_true(fputs("line\n", file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	fd = user_file_append("/dev/null", "log", &err);
	MUST(fd);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	(void)close(fd);
	assert_int_equal(user_file_append(*state, "log", &err), -1);
}

static void count(void *context, const struct event *event)
{
	if (event->type == EVENT_WARNING)
		++*(int *)context;
}

/* Each file once, by whatever name; and only where others can read it. */
static void test_exposed(void **state)
{
	int told = 0;
	const struct event_sink sink = {.emit = count, .context = &told};
	char path[SCRATCH_MAX + 8], other[SCRATCH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/x", (const char *)*state);
	(void)snprintf(other, sizeof(other), "%s/y", (const char *)*state);
	write_file(path, "secret");
	assert_int_equal(link(path, other), 0);
	user_file_warn_exposed(path, "a secret", &sink);
	user_file_warn_exposed(NULL, "a secret", &sink);
	user_file_warn_exposed("/dev/null", "a secret", &sink);
	assert_int_equal(told, 0);
	assert_int_equal(chmod(path, 0644), 0);
	user_file_warn_exposed(path, "a secret", &sink);
	user_file_warn_exposed(other, "a secret", &sink);
	user_file_warn_exposed(path, "a secret", &sink);
	assert_int_equal(told, 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(test_read), T(test_pipe), T(test_check),
	                                   T(test_append), T(test_exposed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
