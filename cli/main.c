/* main: from argv to one command and one exit status. Only here does the process end. */
#include "base/hangup.h"
#include "base/nearest.h"
#include "base/stop.h"
#include "cli/command.h"
#include "cli/config_trust.h"
#include "cli/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* As gcc and as clang say so. */
#ifdef __SANITIZE_ADDRESS__
#define WATCHED_BY_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED_BY_SANITIZER
#endif
#endif

static bool takes_next_word(const char *word)
{
	const struct option_spec *spec = NULL;

	if (word[1] == '-' && !strchr(word, '='))
		spec = option_find(word + 2, strlen(word + 2), CMD_ANY);
	else if (word[1] != '-' && word[1] && !word[2])
		spec = option_find_short(word[1]);
	return spec && option_takes_value(spec);
}

/* Where in argv the command stands: the first word that is no option nor an option's value. */
static int command_position(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return i;
		if (takes_next_word(argv[i]))
			i++;
	}
	return 0;
}

static bool writes_log(const struct options *o)
{
	return option_given(o, OPT_LOG_FILE) || option_given(o, OPT_ACCESS_LOG);
}

/*
 * The memory holds keys and passwords: a crash leaves no core of it, and no other process of this
 * user may look into it. LeakSanitizer has to.
 */
static void hide_memory(void)
{
#if defined(__linux__) && !defined(WATCHED_BY_SANITIZER)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static int run_command(struct cli *cli, int argc, char **argv, struct err *err)
{
	const struct command *command = cli->command;

	if (options_parse(&cli->options, command->bit, argc, argv, err) < 0)
		return -1;
	if (option_flag(&cli->options, OPT_HELP)) {
		help_print(command);
		return 0;
	}
	if (cli_configure(cli, command_section, err) < 0 || cli_setup_report(cli, err) < 0 ||
	    stop_install(err) < 0 || (writes_log(&cli->options) && hangup_install(err) < 0) ||
	    cli_check_operands(cli, command->operands_least, command->operands_most, err) < 0)
		return -1;
	config_trust_secrets(&cli->user_config, &cli->sink);
	config_trust_secrets(&cli->root_config, &cli->sink);
	return command->run(cli, err);
}

/* Of a command line without a command: an option that there is not, or nothing at all. */
static int no_command(const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	char hint[NEAREST_HINT_MAX];
	struct nearest n;

	if (strlen(word) < 2 || strcmp(word, "--") == 0 || option_find_short(word[1]) ||
	    (len > 2 && option_find(word + 2, len - 2, CMD_ANY)))
		return err_set(err, ERR_USAGE, "which command? (drydock help lists them)");
	nearest_init(&n, word[1] == '-' ? word + 2 : "");
	nearest_offer(&n, "version");
	for (int i = 0; i < OPTION_COUNT; i++)
		if (OPTION_TABLE[i].commands == CMD_ANY)
			nearest_offer(&n, OPTION_TABLE[i].name);
	return err_set(err, ERR_USAGE, "unknown option %s (see drydock help)%s", word,
	               nearest_hint(&n, "--", hint));
}

/* The command that argv names, and where; *at 0: none, but --version or --help, or a mistake. */
static const struct command *choose_command(int argc, char **argv, int *at, struct err *err)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct command *command;

	*at = command_position(argc, argv);
	if (*at == 0 && strcmp(word, "--version") == 0)
		return command_find("version");
	if (*at == 0 && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
		return command_find("help");
	if (*at == 0) {
		(void)no_command(word, err);
		return NULL;
	}
	command = command_find(argv[*at]);
	if (!command)
		(void)command_unknown(argv[*at], err);
	return command;
}

/*
 * The next files to be opened would take the numbers of standard descriptors that are closed, and
 * messages would be written into them. Opened the wrong way round they fail as closed ones do.
 */
static int occupy_standard_descriptors(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	static struct cli cli; /* zero, and too large for the stack */
	struct err err = ERR_INIT, unwritten = ERR_INIT;
	int at, failed, status;

	hide_memory();
	if (occupy_standard_descriptors() < 0)
		return err_exit_status(ERR_OTHER);
	options_init(&cli.options);
	cli.sink.emit = report_event;
	cli.sink.context = &cli.report;
	cli.command = choose_command(argc, argv, &at, &err);
	if (!cli.command) {
		report_failure(&cli.report, &err);
		return err_exit_status(err.code);
	}
	if (at > 0) {
		/* Options may stand before the command too: move the command out of the way. */
		memmove(&argv[1 + 1], &argv[1], (size_t)(at - 1) * sizeof(*argv));
		cli.report.command = cli.command->name;
	}
	failed = run_command(&cli, at > 0 ? argc - 2 : 0, argv + 2, &err);
	if (failed && !cli.report.silent_failure)
		report_failure(&cli.report, &err);
	notify_run(&cli, failed, &err);
	if (report_finish(&cli.report, &unwritten) < 0) {
		report_failure(&cli.report, &unwritten);
		err.code = failed ? err_worse(err.code, unwritten.code) : unwritten.code;
		failed = -1;
	}
	status = failed ? err_exit_status(err.code) : 0;
	if (failed && err.code == ERR_INTERRUPTED && stop_requested())
		status = 128 + stop_requested();
	report_end_log(&cli.report, status, cli.report.silent_failure ? err.message : NULL);
	options_release(&cli.options);
	config_release(&cli.root_config);
	config_release(&cli.user_config);
	report_release(&cli.report);
	return status;
}
