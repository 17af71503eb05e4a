#include "sync/credentials/from_process.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/process.h"

#include <string.h>
#include <sys/wait.h>

enum {
	WORDS_MAX = 64,
	OUTPUT_MAX = 64 * 1024,
};

#define SOURCE "credential_process"

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

static int judge_status(int status, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_NOT_FOUND)
		return err_set(err, ERR_CONFIG, SOURCE ": the program was not found");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_AUTH, SOURCE ": ended with %s %d",
		               WIFEXITED(status) ? "status" : "signal",
		               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

static int run_program(char *const words[], int64_t deadline_ms, struct str *out, struct err *err)
{
	struct process process = {.words = words, .deadline_ms = deadline_ms};
	int status = 0;

	if (process_run(&process, out, NULL, &status, err) == 0)
		return judge_status(status, err);
	if (err->code == ERR_MAX_DURATION)
		return err_set(err, ERR_MAX_DURATION,
		               SOURCE ": --max-duration reached before the program ended");
	return err_context(err, SOURCE);
}

static int parse_output(const struct str *out, struct credential *credential, struct err *err)
{
	static const struct json_limits limits = {
		.max_bytes = OUTPUT_MAX, .max_values = 200, .max_depth = 8, .secret = true};
	AUTO_JSON_WIPE json_t *doc = json_parse_limited(str_text(out), out->len, &limits, err);

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
