#include "sync/credentials/from_process.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WORDS_MAX = 64,
	OUTPUT_MAX = 64 * 1024,
	LOOK_MS = 1000,  /* how often it is looked whether the time is up */
	NAP_MS = 10,     /* there is no descriptor that tells of a program's end */
	GRACE_MS = 1000, /* from SIGTERM to SIGKILL */
};

#define SOURCE "credential_process"

extern char **environ;

/*
 * Splits a command line into words in place: white space parts them, quotes of either kind hold
 * them together. No shell, so nothing is expanded. Returns the number of words or -1.
 */
static int split_words(char *line, char *words[WORDS_MAX + 1])
{
	int count = 0;
	char *out = line;
	char quote = '\0';
	bool in_word = false;

	for (; *line; line++) {
		if (!quote && (*line == ' ' || *line == '\t')) {
			if (in_word)
				*out++ = '\0';
			in_word = false;
			continue;
		}
		if (!in_word) {
			if (count == WORDS_MAX)
				return -1;
			words[count++] = out;
			in_word = true;
		}
		if (quote && *line == quote)
			quote = '\0';
		else if (!quote && (*line == '"' || *line == '\''))
			quote = *line;
		else
			*out++ = *line;
	}
	*out = '\0';
	words[count] = NULL;
	return quote || count == 0 ? -1 : count;
}

/* Starts the program with its standard output on a pipe; its standard error is ours. */
static int start_program(char *const words[], pid_t *pid, int *output, struct err *err)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status;

	if (pipe(ends) < 0)
		return err_sys(err, "pipe");
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	status = posix_spawn_file_actions_init(&actions);
	if (status == 0) {
		status = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
		if (status == 0)
			status = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	if (status != 0) {
		(void)close(ends[0]);
		return err_set(err, ERR_CONFIG, SOURCE ": cannot start %s: %s", words[0],
		               strerror(status));
	}
	*output = ends[0];
	return 0;
}

/* The program may ask a person or a service, and hang: a signal to us ends the waiting, too. */
static int may_wait(int64_t deadline_ms, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	if (deadline_ms > 0 && monotonic_ms() >= deadline_ms)
		return err_set(err, ERR_MAX_DURATION,
		               SOURCE ": --max-duration reached before the program ended");
	return 0;
}

/* Until it has printed something or closed its end. */
static int wait_readable(int fd, int64_t deadline_ms, struct err *err)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};

	do {
		int64_t left_ms = deadline_ms - monotonic_ms();

		if (may_wait(deadline_ms, err) < 0)
			return -1;
		if (deadline_ms == 0 || left_ms > LOOK_MS)
			left_ms = LOOK_MS;
		if (poll(fds, 2, left_ms > 0 ? (int)left_ms : 0) < 0 && errno != EINTR)
			return err_sys(err, SOURCE ": poll");
	} while (fds[0].revents == 0);
	return 0;
}

static int read_output(int fd, int64_t deadline_ms, struct str *out, struct err *err)
{
	for (;;) {
		char *to = str_reserve(out, 4096);
		ssize_t got;

		if (!to)
			return err_set(err, ERR_CONFIG, SOURCE ": printed more than %d bytes",
			               OUTPUT_MAX);
		if (wait_readable(fd, deadline_ms, err) < 0)
			return -1;
		got = read(fd, to, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, SOURCE ": read");
		if (got == 0)
			return 0;
		str_grew(out, (size_t)got);
	}
}

static void nap(void)
{
	struct pollfd fd = {.fd = stop_fd(), .events = POLLIN};

	(void)poll(&fd, 1, NAP_MS);
}

static int wait_for_program(pid_t pid, int64_t deadline_ms, int *status, struct err *err)
{
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) != pid) {
		if (ended < 0 && errno != EINTR)
			return err_sys(err, SOURCE ": waitpid");
		if (may_wait(deadline_ms, err) < 0)
			return -1;
		nap();
	}
	return 0;
}

/* A program whose answer is no longer wanted must not outlive us. */
static void end_program(pid_t pid)
{
	const struct timespec pause = {0, NAP_MS * 1000000L};
	int64_t until = monotonic_ms() + GRACE_MS;
	int status;

	(void)kill(pid, SIGTERM);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (monotonic_ms() >= until)
			(void)kill(pid, SIGKILL);
		(void)nanosleep(&pause, NULL);
	}
}

static int judge_status(int status, struct err *err)
{
	/* POSIX lets a system say so only now that the program could not be started. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ERR_CONFIG, SOURCE ": the program was not found");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_AUTH, SOURCE ": ended with %s %d",
		               WIFEXITED(status) ? "status" : "signal",
		               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

static int run_program(char *const words[], int64_t deadline_ms, struct str *out, struct err *err)
{
	int output = -1, status = 0, result;
	pid_t pid;

	if (start_program(words, &pid, &output, err) < 0)
		return -1;
	result = read_output(output, deadline_ms, out, err);
	(void)close(output);
	if (result == 0)
		result = wait_for_program(pid, deadline_ms, &status, err);
	if (result == 0)
		return judge_status(status, err);
	end_program(pid);
	return -1;
}

static int parse_output(const struct str *out, struct credential *credential, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = OUTPUT_MAX, .max_values = 200, .max_depth = 8};
	AUTO_JSON json_t *doc = json_parse_limited(str_text(out), out->len, &limits, err);

	if (!doc)
		return err_context(err, SOURCE);
	if (json_integer_value(json_object_get(doc, "Version")) != 1)
		return err_set(err, ERR_CONFIG, SOURCE ": Version is not 1");
	return credential_from_json(credential, SOURCE, str_text(out), out->len, "SessionToken",
	                            err);
}

int credential_from_process(const struct credentials_settings *settings, struct credential *out,
                            struct err *err)
{
	const struct aws_config *config = settings->config;
	const char *command = aws_config_get(config, AWS_FILE_CREDENTIALS, SOURCE);
	AUTO_WIPE struct str output = STR_INIT(OUTPUT_MAX);
	AUTO_FREE char *line = NULL;
	char *words[WORDS_MAX + 1];

	if (!command)
		command = aws_config_get(config, AWS_FILE_CONFIG, SOURCE);
	if (!command)
		return 0;
	line = strdup(command);
	if (!line)
		return err_memory(err);
	if (split_words(line, words) < 0)
		return err_set(err, ERR_CONFIG, SOURCE ": the command line cannot be split");
	if (run_program(words, settings->deadline_ms, &output, err) < 0)
		return -1;
	return parse_output(&output, out, err);
}
