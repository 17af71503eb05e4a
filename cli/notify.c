#include "cli/notify.h"

#include "base/cleanup.h"
#include "base/process.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/shell_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT_MAX = 1 << 20, COMPLAINT_MAX = 300, MESSAGE_MAX = 600 };
enum when { WHEN_FAILURE, WHEN_CHANGE, WHEN_ALWAYS };

/* A failure that -q keeps to itself is no news here either. */
static bool is_wanted(const struct cli *cli, int failed, const struct err *why)
{
	int when = option_choice(&cli->options, OPT_NOTIFY_ON, WHEN_FAILURE);

	if (!option_given(&cli->options, OPT_NOTIFY) ||
	    !(cli->command->bit & (CMD_SYNC | CMD_STAGE)) ||
	    option_flag(&cli->options, OPT_DRY_RUN) || (failed && why->code == ERR_INTERRUPTED))
		return false;
	return when == WHEN_ALWAYS || (failed && !cli->report.silent_failure) ||
	       (when == WHEN_CHANGE && cli->report.changed);
}

static void add_member(struct str *line, const char *name, const char *text)
{
	if (!text)
		return;
	(void)str_addf(line, ",\"%s\":", name);
	(void)str_add_json(line, text);
}

/* One line, no longer than a pipe takes at once. */
static void add_line(const struct cli *cli, int failed, const struct err *why, struct str *line)
{
	AUTO_STR struct str message = STR_INIT(MESSAGE_MAX);
	char at[UNITS_TEXT_MAX];
	const char *remote = cli->remote.name ? cli->remote.name : cli->remote.url;

	(void)str_addf(line, "{\"event\":\"ended\",\"time\":\"%s\",\"command\":\"%s\"",
	               time_text_ms(now_ms(), at), cli->command->name);
	add_member(line, "root", option_text(&cli->options, OPT_ROOT));
	add_member(line, "remote", remote);
	(void)str_addf(line, ",\"status\":%d,\"changed\":%s",
	               failed ? err_exit_status(why->code) : 0,
	               cli->report.changed ? "true" : "false");
	if (failed) {
		(void)str_add(&message, why->message, strnlen(why->message, MESSAGE_MAX));
		add_member(line, "message", str_text(&message));
	}
	if (cli->report.outcome.len > 0)
		(void)str_addf(line, ",\"summary\":%.*s",
		               (int)strcspn(str_text(&cli->report.outcome), "\n"),
		               str_text(&cli->report.outcome));
	(void)str_adds(line, "}\n");
}

static int run(char *const *words, const char *input, struct err *err)
{
	struct process process = {
		.words = words, .input = input, .deadline_ms = monotonic_ms() + NOTIFY_MS};
	AUTO_STR struct str output = STR_INIT(OUTPUT_MAX), complaint = STR_INIT(COMPLAINT_MAX);
	int status = 0;

	if (process_run(&process, &output, &complaint, &status, err) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_OTHER, "signal %d ended it", WTERMSIG(status));
	return err_set(err, ERR_OTHER, "it ended with status %d%s%.*s", WEXITSTATUS(status),
	               complaint.len ? ": " : "", (int)strcspn(str_text(&complaint), "\n"),
	               str_text(&complaint));
}

void notify_run(struct cli *cli, int failed, const struct err *why)
{
	AUTO_STR struct str input = STR_INIT(PROCESS_INPUT_MAX);
	AUTO_FREE char *line = NULL;
	char *words[COMMAND_WORDS_MAX + 1] = {NULL};
	struct err err = ERR_INIT;

	if (!is_wanted(cli, failed, why))
		return;
	report_results(&cli->report);
	line = strdup(option_text(&cli->options, OPT_NOTIFY));
	add_line(cli, failed, why, &input);
	if (!line || str_check(&input, "what --notify is told", &err) < 0) {
		event_warning(&cli->sink, "--notify: out of memory, or too much to tell");
		return;
	}
	if (shell_words_split(line, words, COMMAND_WORDS_MAX, &err) <= 0)
		return; /* option_check has told it */
	if (run(words, str_text(&input), &err) < 0)
		event_warning(&cli->sink, "--notify %s: %s", words[0], err.message);
}
