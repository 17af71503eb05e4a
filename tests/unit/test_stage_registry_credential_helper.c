/*
 * credential_helper with a docker-credential-x that the test writes into a folder of its own and
 * puts in front of PATH: answers, failures, complaints, and helpers that hang.
 */
#include "stage/registry/credential_helper.h"

#include "base/units.h"

#include "tests/unit/check.h"

#include <signal.h>

/* As much as a loaded machine may need: nothing that is asserted to succeed is short of time. */
enum { PLENTY_MS = 60 * 1000 };

struct fixture {
	char dir[SCRATCH_MAX];
	char program[SCRATCH_MAX + 32]; /* DIR/docker-credential-x */
	char *path_before;              /* owned */
};

static int set_up(void **state)
{
	static struct fixture f;
	char path[4096];

	f.path_before = strdup(getenv("PATH"));
	assert_non_null(f.path_before);
	scratch_make(f.dir);
	(void)snprintf(f.program, sizeof(f.program), "%s/docker-credential-x", f.dir);
	(void)snprintf(path, sizeof(path), "%s:%s", f.dir, f.path_before);
	assert_int_equal(setenv("PATH", path, 1), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	(void)setenv("PATH", f->path_before, 1);
	free(f->path_before);
	scratch_remove(f->dir);
	return 0;
}

static void write_helper(const struct fixture *f, const char *script)
{
	FILE *file = fopen(f->program, "we");

	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->program, 0700), 0);
}

static void test_answer(void **state)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct err err = ERR_INIT;

	write_helper(*state,
	             "[ \"$*\" = get ] && read -r server; [ \"$server\" = ghcr.io:5000 ] && "
	             "printf %s '{\"ServerURL\":\"ghcr.io\",\"Username\":\"me\","
	             "\"Secret\":\"s3\\ncret: \\u00fc\",\"more\":[]}'; echo noise >&2");
	MUST(credential_helper_get("x", "ghcr.io:5000", PLENTY_MS, 0, &c, &err));
	assert_int_equal(c.kind, REGISTRY_CREDENTIALS_PASSWORD);
	assert_string_equal(str_text(&c.username), "me");
	assert_string_equal(str_text(&c.secret), "s3\ncret: \xc3\xbc");
	/* The next answer takes its place. */
	write_helper(*state, "printf %s '{\"Username\":\"<token>\",\"Secret\":\"abc.def\"}'");
	MUST(credential_helper_get("x", "ghcr.io", PLENTY_MS, 0, &c, &err));
	assert_int_equal(c.kind, REGISTRY_CREDENTIALS_IDENTITY_TOKEN);
	assert_string_equal(str_text(&c.username), "");
	assert_string_equal(str_text(&c.secret), "abc.def");
}

static void test_nothing(void **state)
{
	static const char *const scripts[] = {
		"echo credentials not found in native keychain; exit 1",
		"printf '\\n credentials not found\\n'; exit 1",
		"printf %s '{\"Username\":\"\",\"Secret\":\"\"}'",
	};

	for (size_t i = 0; i < COUNT(scripts); i++) {
		AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
		struct err err = ERR_INIT;

		c.kind = REGISTRY_CREDENTIALS_PASSWORD;
		write_helper(*state, scripts[i]);
		MUST(credential_helper_get("x", "ghcr.io", PLENTY_MS, 0, &c, &err));
		CASE(c.kind == REGISTRY_CREDENTIALS_NONE, "%s", scripts[i]);
	}
}

static void test_failures(void **state)
{
	static const struct {
		const char *script;
		enum err_code code;
		const char *says;
	} cases[] = {
		{"echo 'pass: not initialised' >&2; echo more >&2; exit 1", ERR_AUTH,
	         "docker-credential-x: ended with status 1: pass: not initialised"},
		{"echo 'error: locked'; echo debug >&2; exit 2", ERR_AUTH,
	         "docker-credential-x: ended with status 2: error: locked"},
		{"exit 3", ERR_AUTH, "docker-credential-x: ended with status 3"},
		{"kill -9 $$", ERR_AUTH, "docker-credential-x: ended with signal 9"},
		{"printf 'a\\033[2Jb\\r\\n' >&2; exit 1", ERR_AUTH,
	         "docker-credential-x: ended with status 1: a\\x1b[2Jb"},
		{"exit 127", ERR_CONFIG, "docker-credential-x: the program cannot be started"},
		/* An answer that comes with a failure is not shown. */
		{"printf %s '{\"Username\":\"u\",\"Secret\":\"s3cret\"}'; echo why >&2; exit 1",
	         ERR_AUTH, "docker-credential-x: ended with status 1: why"},
		{"printf %s '{\"Username\":\"u\",\"Secret\":\"s3cret\"'; echo odd >&2", ERR_CONFIG,
	         "docker-credential-x: not valid JSON: line 1: '}' expected: odd"},
		{"printf %s '{\"Username\":\"u\" \"s3cret\"'", ERR_CONFIG,
	         "docker-credential-x: not valid JSON: line 1: '}' expected"},
		{"", ERR_CONFIG,
	         "docker-credential-x: not valid JSON: line 1: '[' or '{' expected"},
		{"echo '[]'", ERR_CONFIG, "docker-credential-x: the answer has no Username"},
		{"printf %s '{\"Secret\":\"s3cret\"}'", ERR_CONFIG,
	         "docker-credential-x: the answer has no Username"},
		{"printf %s '{\"Username\":\"u\",\"Secret\":1}'", ERR_CONFIG,
	         "docker-credential-x: the answer has no Secret"},
		{"printf %s '{\"Username\":\"u\",\"Secret\":\"s3cret\\u0000\"}'", ERR_CONFIG,
	         "JSON"},
		{"printf %s '{\"Username\":\"a:b\",\"Secret\":\"s3cret\"}'", ERR_CONFIG,
	         "user name"},
		{"printf %s '{\"Username\":\"a\\nb\",\"Secret\":\"s3cret\"}'", ERR_CONFIG,
	         "user name"},
		{"printf %s '{\"Username\":\"\",\"Secret\":\"s3cret\"}'", ERR_CONFIG, "user name"},
		{"printf %s '{\"Username\":\"<token>\",\"Secret\":\"s3cret\\r\\nX: 1\"}'",
	         ERR_CONFIG, "identity token"},
		{"printf %s '{\"Username\":\"<token>\",\"Secret\":\"\"}'", ERR_CONFIG,
	         "identity token"},
		{"printf '{\"Username\":\"u\",\"Secret\":\"'; head -c 40000 /dev/zero | tr '\\0' "
	         "s; "
	         "echo '\"}'",
	         ERR_CONFIG, "the password is longer than 32768 bytes"},
		{"yes s3cret", ERR_CONFIG, "printed more than 65536 bytes"},
		{"i=0; while [ $i -lt 40 ]; do i=$((i+1)); printf [[[[; done", ERR_CONFIG,
	         "JSON is nested deeper than 8 levels"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
		struct err err = ERR_INIT;

		write_helper(*state, cases[i].script);
		CASE(credential_helper_get("x", "ghcr.io", PLENTY_MS, 0, &c, &err) == -1, "%s",
		     cases[i].script);
		CASE(err.code == cases[i].code, "%s: code %d", cases[i].script, err.code);
		CASE(strstr(err.message, cases[i].says), "%s: %s", cases[i].script, err.message);
		CASE(!strstr(err.message, "s3cret"), "%s: %s", cases[i].script, err.message);
		CASE(!strchr(err.message, '\n') && strlen(err.message) < 400, "%s", err.message);
		CASE(c.kind == REGISTRY_CREDENTIALS_NONE, "%s", cases[i].script);
	}
}

/* One line of a complaint, and of that no more than 200 bytes. */
static void test_long_complaint(void **state)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct err err = ERR_INIT;

	write_helper(*state, "head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1");
	MUST_FAIL(credential_helper_get("x", "ghcr.io", PLENTY_MS, 0, &c, &err), ERR_AUTH);
	assert_int_equal(strspn(strstr(err.message, ": xx") + 2, "x"), 200);
	assert_non_null(strstr(err.message, "xxx…"));
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", "../x", "x y", "X", "x/../../sh", "x.sh", "x\n"};
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	struct err err = ERR_INIT;
	char name[CREDENTIAL_HELPER_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		MUST_FAIL(credential_helper_get(bad[i], "ghcr.io", PLENTY_MS, 0, &c, &err),
		          ERR_CONFIG);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	MUST_FAIL(credential_helper_check_name(name, &err), ERR_CONFIG);
	name[sizeof(name) - 2] = '\0';
	MUST(credential_helper_check_name(name, &err));
	MUST_FAIL(credential_helper_get("none-here_1", "ghcr.io", PLENTY_MS, 0, &c, &err),
	          ERR_CONFIG);
	assert_string_equal(err.message,
	                    "docker-credential-none-here_1: there is no such program in PATH");
}

/* Returns the helper's number, which it prints when it runs; 0: it was ended before. */
static pid_t ended_after(int limit_ms, bool by_run)
{
	AUTO_CREDENTIALS struct registry_credentials c = REGISTRY_CREDENTIALS_INIT;
	int64_t run_ms = monotonic_ms() + (by_run ? limit_ms : PLENTY_MS);
	struct err err = ERR_INIT;
	char says[80], took[UNITS_TEXT_MAX];

	MUST_FAIL(credential_helper_get("x", "ghcr.io", by_run ? PLENTY_MS : limit_ms, run_ms, &c,
	                                &err),
	          by_run ? ERR_MAX_DURATION : ERR_AUTH);
	(void)snprintf(says, sizeof(says), "did not answer within %s and was ended",
	               duration_text(limit_ms, took));
	CASE(strstr(err.message, by_run ? "--max-duration reached before it answered" : says), "%s",
	     err.message);
	return (pid_t)strtol(strrchr(err.message, ' ') + 1, NULL, 10);
}

/*
 * It is ended when its own time is up (the credentials' fault) or the run's (nobody's). How long a
 * program takes to start is the machine's affair: it gets more time until it did.
 */
static void test_hangs(void **state)
{
	static const char *const scripts[] = {
		"echo $$ >&2; echo a >&2; exec sleep 60",
		"echo $$ >&2; trap '' TERM; exec >&-; while :; do sleep 0.1; done",
	};

	for (size_t i = 0; i < 2 * COUNT(scripts); i++) {
		pid_t pid = 0;

		write_helper(*state, scripts[i % COUNT(scripts)]);
		for (int ms = 200; pid <= 1 && ms < PLENTY_MS; ms *= 2)
			pid = ended_after(ms, i >= COUNT(scripts));
		assert_true(pid > 1);
		/* Ended and waited for, so it is no zombie either. */
		CASE(kill(pid, 0) < 0, "%d outlives us", (int)pid);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_answer),         T(test_nothing), T(test_failures),
		T(test_long_complaint), T(test_names),   T(test_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
