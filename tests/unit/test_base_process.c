/*
 * process: programs that print, complain, read, fail, hang and talk too much, all of them sh.
 */
#include "base/process.h"

#include "base/units.h"

#include "tests/unit/check.h"

#include <signal.h>

struct run {
	struct str output, errors;
	int status;
};

/* Runs sh with `script`; `ms` from now is the deadline, 0: none. */
static int run(struct run *r, const char *script, const char *input, int64_t ms, struct err *err)
{
	char shell[] = "sh", option[] = "-c", text[512];
	char *const words[] = {shell, option, text, NULL};
	struct process process = {
		.words = words, .input = input, .deadline_ms = ms ? monotonic_ms() + ms : 0};

	(void)snprintf(text, sizeof(text), "%s", script);
	str_release(&r->output);
	str_release(&r->errors);
	str_init(&r->output, 64 * 1024);
	str_init(&r->errors, 100);
	return process_run(&process, &r->output, &r->errors, &r->status, err);
}

static void run_release(struct run *r)
{
	str_release(&r->output);
	str_release(&r->errors);
}

static void test_streams(void **state)
{
	struct err err = ERR_INIT;
	struct run r = {0};

	(void)state;
	MUST(run(&r, "cat; echo complaint >&2; exit 3", "in\nput", 5000, &err));
	assert_string_equal(str_text(&r.output), "in\nput");
	assert_string_equal(str_text(&r.errors), "complaint\n");
	assert_true(WIFEXITED(r.status));
	assert_int_equal(WEXITSTATUS(r.status), 3);
	MUST(run(&r, "exit 0", "nothing reads this", 0, &err));
	assert_string_equal(str_text(&r.output), "");
	/* More of both than a pipe holds, and what is beyond errors->max is dropped. */
	MUST(run(&r,
	         "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 50000 /dev/zero | tr '\\0' o; "
	         "exec >&-; head -c 300000 /dev/zero | tr '\\0' e >&2; kill -9 $$",
	         "", 20000, &err));
	assert_int_equal(r.output.len, 50000);
	assert_int_equal(r.errors.len, 100);
	assert_true(WIFSIGNALED(r.status));
	assert_int_equal(WTERMSIG(r.status), SIGKILL);
	run_release(&r);
}

static void test_not_started(void **state)
{
	char name[] = "/nonexistent/program";
	char *const words[] = {name, NULL};
	struct process process = {.words = words};
	struct err err = ERR_INIT;
	struct str output = STR_INIT(4096);
	int status = 0;

	(void)state;
	MUST_FAIL(process_run(&process, &output, NULL, &status, &err), ERR_CONFIG);
	assert_non_null(strstr(err.message, "/nonexistent/program"));
	assert_int_equal(err.sys_errno, ENOENT);
	str_release(&output);
}

static void test_too_much(void **state)
{
	struct err err = ERR_INIT;
	struct run r = {0};

	(void)state;
	MUST_FAIL(run(&r, "yes", NULL, 20000, &err), ERR_CONFIG);
	run_release(&r);
}

/* In what it hangs: its work, with its output closed, without end in errors, deaf to SIGTERM. */
static void test_deadline(void **state)
{
	static const char *const scripts[] = {
		"echo $$ >&2; exec sleep 60",
		"echo $$ >&2; exec >&-; exec sleep 60",
		"echo $$ >&2; exec >&-; exec yes >&2",
		"echo $$ >&2; trap '' TERM; while :; do sleep 0.1; done",
	};
	struct err err = ERR_INIT;
	struct run r = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		int64_t began_ms = monotonic_ms();
		int pid;

		MUST_FAIL(run(&r, scripts[i], NULL, 300, &err), ERR_MAX_DURATION);
		CASE(monotonic_ms() - began_ms < 4000, "%s: waited for", scripts[i]);
		pid = (int)strtol(str_text(&r.errors), NULL, 10);
		CASE(pid > 1 && kill(pid, 0) < 0, "%s: pid %d outlives us", scripts[i], pid);
	}
	run_release(&r);
}

/* What it leaves in the background holds its pipes open, and is not waited for. */
static void test_background(void **state)
{
	struct err err = ERR_INIT;
	struct run r = {0};
	size_t len;
	int pid;

	(void)state;
	MUST(run(&r, "sleep 60 & echo $!; head -c 50000 /dev/zero | tr '\\0' o; exit 3", NULL,
	         30000, &err));
	pid = (int)strtol(str_text(&r.output), NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGTERM), 0);
	len = strcspn(str_text(&r.output), "\n");
	assert_int_equal(r.output.len, len + 1 + 50000);
	assert_int_equal(WEXITSTATUS(r.status), 3);
	run_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),    cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_too_much),   cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_background),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
