/*
 * The profile's credential_process: a program of the user's own that prints credentials as JSON
 * ("Sourcing credentials with an external process", AWS SDKs and Tools Reference Guide).
 */
#include "sync/credential_source.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum {
	WORDS_MAX = 64,
	OUTPUT_MAX = 64 * 1024,
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

/* Starts the program with its standard output on a pipe; its messages go where ours go. */
static int start(char *const words[], pid_t *pid, int *output, struct err *err)
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

static int read_output(int fd, struct str *out, struct err *err)
{
	for (;;) {
		char *to = str_reserve(out, 4096);
		ssize_t got;

		if (!to)
			return err_set(err, ERR_CONFIG, SOURCE ": printed more than %d bytes",
			               OUTPUT_MAX);
		got = file_read(fd, to, 4096, SOURCE, err);
		if (got <= 0)
			return (int)got;
		str_grew(out, (size_t)got);
	}
}

static int wait_for(pid_t pid, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, SOURCE ": waitpid");
	/* POSIX lets a system say so only now that the program could not be started. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ERR_CONFIG, SOURCE ": the program was not found");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_AUTH, SOURCE ": ended with %s %d",
		               WIFEXITED(status) ? "status" : "signal",
		               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

static int run(char *const words[], struct str *out, struct err *err)
{
	struct err read_err = ERR_INIT;
	int output = -1, read_status;
	pid_t pid;

	if (start(words, &pid, &output, err) < 0)
		return -1;
	read_status = read_output(output, out, &read_err);
	(void)close(output); /* a program that prints too much now gets SIGPIPE */
	if (wait_for(pid, err) < 0 && read_status == 0)
		return -1;
	if (read_status < 0)
		*err = read_err;
	return read_status;
}

static int parse(const struct str *out, struct credential *credential, struct err *err)
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

int credential_from_process(const struct aws_config *config, struct credential *out,
                            struct err *err)
{
	const char *command = aws_config_get(config, AWS_FILE_CREDENTIALS, SOURCE);
	AUTO_STR struct str output = STR_INIT(OUTPUT_MAX);
	AUTO_FREE char *line = NULL;
	char *words[WORDS_MAX + 1];
	int found;

	if (!command)
		command = aws_config_get(config, AWS_FILE_CONFIG, SOURCE);
	if (!command)
		return 0;
	line = strdup(command);
	if (!line)
		return err_memory(err);
	if (split_words(line, words) < 0)
		return err_set(err, ERR_CONFIG, SOURCE ": the command line cannot be split");
	found = run(words, &output, err);
	if (found == 0)
		found = parse(&output, out, err);
	if (output.data)
		OPENSSL_cleanse(output.data, output.cap);
	return found;
}
