/*
 * cli: what every command is given, and what it asks of it. main.c fills the struct, in this order,
 * runs the command, and releases it.
 *
 *     cli.command = …; options_parse(&cli.options, …);
 *     cli_configure(&cli, command_section, err); cli_setup_report(&cli, err);
 *     cli.command->run(&cli, err);
 */
#ifndef DRYDOCK_CLI_CLI_H
#define DRYDOCK_CLI_CLI_H

#include "base/event.h"
#include "cli/config.h"
#include "cli/option.h"
#include "cli/remote.h"
#include "cli/report.h"
#include "db/root/open.h"
#include "db/state/run.h"

struct command;

struct cli {
	const struct command *command; /* that runs; borrowed from COMMANDS */
	struct options options;
	struct config root_config; /* ROOT/.drydock/config */
	struct config user_config;
	struct report report;
	struct event_sink sink;      /* into report */
	struct remote_choice remote; /* of the commands that have one */
};

/*
 * Reads the environment and both configuration files, unless the command needs none; chooses the
 * remote where the command has one, and gives the options what the files say.
 */
int cli_configure(struct cli *cli, config_command_at *command_at, struct err *err) MUST_CHECK;
/* Readies the report as the options want it. */
int cli_setup_report(struct cli *cli, struct err *err) MUST_CHECK;

/* Opens the root that the options name. */
int cli_open_root(struct cli *cli, struct root *root, enum root_mode mode,
                  struct err *err) MUST_CHECK;

/*
 * Puts a run into the history of the root: `row` says what ran, when it began and what it did;
 * `failed` and `err` how it ended. The history is for people: that it cannot be written does not
 * fail a run that succeeded.
 */
void cli_record_run(const struct cli *cli, struct root *root, struct run_row *row, int failed,
                    const struct err *err);

/* Wrong number of operands: ERR_USAGE naming the usage line. */
int cli_check_operands(const struct cli *cli, size_t least, size_t most,
                       struct err *err) MUST_CHECK;

#endif
