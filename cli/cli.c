#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "cli/command.h"
#include "cli/config_trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int cli_open_root(struct cli *cli, struct root *root, enum root_mode mode, struct err *err)
{
	AUTO_FREE char *path = root_find(option_text(&cli->options, OPT_ROOT), err);
	int64_t wait_ms = 0;

	if (!path || option_duration(&cli->options, OPT_LOCK_WAIT, &wait_ms, err) < 0)
		return -1;
	return root_open(root, path, mode, wait_ms, &cli->sink, err);
}

void cli_record_run(const struct cli *cli, struct root *root, struct run_row *row, int failed,
                    const struct err *err)
{
	struct err why = ERR_INIT;

	row->ended_at = time(NULL);
	row->status = failed ? err_exit_status(err->code) : 0;
	if (failed)
		(void)snprintf(row->message, sizeof(row->message), "%s", err->message);
	/* A disk that failed the run itself has been told of. */
	if (run_put(root->db, row, &why) < 0 && !(failed && err->code == ERR_STORAGE))
		event_warning(&cli->sink, "the run was not recorded: %s", why.message);
}

static int read_user_config(struct cli *cli, config_command_at *command_at, struct err *err)
{
	const char *given = option_text(&cli->options, OPT_CONFIG);
	AUTO_FREE char *path = config_user_path(given);
	const struct config_entry *root;
	bool makes = (cli->command->bit & (CMD_CONFIG | CMD_REMOTES)) != 0;

	if (!path)
		return 0;
	if (config_read(&cli->user_config, path,
	                given && !makes ? CONFIG_REQUIRED : CONFIG_OPTIONAL, command_at, err) < 0)
		return -1;
	root = config_get(&cli->user_config, "core", "root");
	if (root)
		return options_add(&cli->options, OPT_ROOT, root->value, root->origin, err);
	return 0;
}

static int read_root_config(struct cli *cli, config_command_at *command_at, struct err *err)
{
	AUTO_FREE char *root = root_find(option_text(&cli->options, OPT_ROOT), err);
	AUTO_STR struct str path = STR_INIT(4096);
	const struct config_entry *other;

	if (!root)
		return -1;
	(void)str_addf(&path, "%s/" LAYOUT_PRIVATE "/config", root);
	if (str_check(&path, "path of the root", err) < 0)
		return -1;
	if (config_read(&cli->root_config, str_text(&path), CONFIG_OPTIONAL, command_at, err) < 0)
		return -1;
	other = config_get(&cli->root_config, "core", "root");
	if (!other)
		return 0;
	return err_set(err, ERR_CONFIG, "%s: a root's own configuration cannot name another root",
	               other->origin);
}

/* verify is about a bucket only with --remote. */
static bool has_remote(const struct cli *cli)
{
	if (cli->command->bit == CMD_VERIFY)
		return option_flag(&cli->options, OPT_REMOTE);
	return (cli->command->bit & (CMD_BUCKET | CMD_STATUS)) != 0;
}

/* Whether `completion WHAT` asks the configuration: not where it prints a script. */
static bool completion_asks(const char *what)
{
	return what && (strcmp(what, "remotes") == 0 || strcmp(what, "keys") == 0 ||
	                strcmp(what, "repositories") == 0 || strcmp(what, "tags") == 0);
}

/* `config edit` is there to mend what cannot be read: it knows what could. */
static bool mends_configuration(const struct cli *cli)
{
	return cli->command->bit == CMD_CONFIG && cli->options.operand_count > 0 &&
	       strcmp(cli->options.operands[0], "edit") == 0;
}

int cli_configure(struct cli *cli, config_command_at *command_at, struct err *err)
{
	const struct command *command = cli->command;
	/* What drydock remote is to write comes from the command line alone. */
	unsigned bit = command->bit == CMD_REMOTES ? CMD_CONFIG : command->bit;
	const char *operand = cli->options.operand_count > command->remote_at
	                              ? cli->options.operands[command->remote_at]
	                              : NULL;

	if ((command->bit & (CMD_HELP | CMD_VERSION)) ||
	    (command->bit == CMD_COMPLETION && !completion_asks(operand)))
		return 0;
	if (options_environment(&cli->options, bit, err) < 0)
		return -1;
	if (read_user_config(cli, command_at, err) < 0 ||
	    read_root_config(cli, command_at, err) < 0)
		return mends_configuration(cli) ? 0 : -1;
	if (config_trust_commands(&cli->root_config, err) < 0)
		return mends_configuration(cli) ? 0 : -1;
	if (has_remote(cli) &&
	    remote_choose(&cli->root_config, &cli->user_config, operand,
	                  option_text(&cli->options, OPT_ENDPOINT_URL), &cli->remote, err) < 0)
		return -1;
	if (config_apply(&cli->root_config, &cli->options, bit, command->name, cli->remote.name,
	                 err) < 0)
		return -1;
	return config_apply(&cli->user_config, &cli->options, bit, command->name, cli->remote.name,
	                    err);
}

/* One that cannot move its cursor. */
static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0") != 0;
}

/* As no-color.org and bixense.com/clicolors have it; the option beats them. */
static bool use_color(const struct options *o, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *clicolor = getenv("CLICOLOR");
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
	int when = option_choice(o, OPT_COLOR, COLOR_AUTO);

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	if (is_set("CLICOLOR_FORCE"))
		return true;
	return isatty(fd) == 1 && !is_dumb() && !(clicolor && strcmp(clicolor, "0") == 0);
}

int cli_setup_report(struct cli *cli, struct err *err)
{
	enum { HOW_AUTO, HOW_PLAIN, HOW_NONE };
	const struct options *o = &cli->options;
	struct report *r = &cli->report;
	int how = option_choice(o, OPT_PROGRESS, HOW_AUTO);
	bool terminal = isatty(STDERR_FILENO) == 1 && !is_dumb();

	r->command = cli->command->name;
	r->output = option_flag(o, OPT_JSON) ? REPORT_JSON : REPORT_TEXT;
	r->quiet = option_flag(o, OPT_QUIET);
	r->log_level = (int)option_count(o, OPT_VERBOSE);
	r->color_out = use_color(o, STDOUT_FILENO);
	r->color_err = use_color(o, STDERR_FILENO);
	r->full_keys = r->log_level > 1 || isatty(STDOUT_FILENO) != 1;
	r->plain = how == HOW_PLAIN || (how == HOW_AUTO && !terminal);
	r->show_plan = cli->command->bit == CMD_DIFF || option_flag(o, OPT_DRY_RUN);
	r->objects_alone = (cli->command->bit & (CMD_GC | CMD_EXPORT)) != 0;
	if (how == HOW_AUTO && terminal && !r->quiet && r->output == REPORT_TEXT)
		live_init(&r->live, &r->progress, r->color_err);
	cli->sink.log_level = r->log_level;
	if (option_given(o, OPT_LOG_FILE))
		return log_file_open(&r->log, option_text(o, OPT_LOG_FILE), r->command, err);
	return 0;
}

int cli_check_operands(const struct cli *cli, size_t least, size_t most, struct err *err)
{
	const struct command *command = cli->command;
	size_t count = cli->options.operand_count;

	if (count >= least && count <= most)
		return 0;
	if (count < least)
		return err_set(err, ERR_USAGE, "%s is missing: drydock %s [OPTION]… %s",
		               command->operands, command->name, command->operands);
	return err_set(err, ERR_USAGE, "unexpected '%s': drydock %s [OPTION]…%s%s",
	               cli->options.operands[most], command->name, *command->operands ? " " : "",
	               command->operands);
}
