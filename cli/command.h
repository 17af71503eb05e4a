/*
 * command: the commands and what each gets. One file per command (cmd_<name>.c) holds its run
 * function; command.c holds the table.
 */
#ifndef DRYDOCK_CLI_COMMAND_H
#define DRYDOCK_CLI_COMMAND_H

#include "base/err.h"
#include "base/event.h"
#include "cli/config.h"
#include "cli/option.h"
#include "cli/report.h"
#include "db/root/root.h"

/* Which bucket a command is about (remote.c). All borrowed. */
struct remote_choice {
	const char *name; /* of the configuration's section; NULL: given as a URL, or none */
	const char *url;  /* s3://…; NULL: none */
};

/* Everything a command needs; built by main.c, released there. */
struct cli {
	struct options options;
	struct config root_config; /* ROOT/.drydock/config */
	struct config user_config;
	struct report report;
	struct event_sink sink;      /* into report */
	struct remote_choice remote; /* of the commands that have one */
};

/*
 * `operand` is a remote's name, a URL, or NULL: the only remote configured, or the one named
 * "default". ERR_USAGE when that does not tell; with `operand` NULL and no remote at all, *choice
 * is empty and the result 0.
 */
int remote_choose(const struct cli *cli, const char *operand, struct remote_choice *choice,
                  struct err *err) MUST_CHECK;

struct command {
	const char *name;
	unsigned bit;
	const char *operands; /* for usage lines: "SRC…" */
	const char *summary;  /* half a line */
	const char *details;  /* paragraphs for --help */
	int (*run)(struct cli *cli, struct err *err);
	size_t remote_at; /* which operand names the remote, for commands that have one */
};

extern const struct command COMMANDS[]; /* ends with a NULL name */
const struct command *command_find(const char *name);

int cmd_stage(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_sync(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_diff(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_status(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_ls(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_verify(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_untag(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_gc(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_rescan(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_uploads(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_version(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_help(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_completion(struct cli *cli, struct err *err) MUST_CHECK;

/* --help of one command, or the overview (NULL), on standard output. */
void help_print(const struct command *command);

/*
 * Reads both configuration files, chooses the remote where the command has one, and gives the
 * options what the files say.
 */
int cli_configure(struct cli *cli, const struct command *command, struct err *err) MUST_CHECK;
/* Readies the report as the options want it. */
int cli_setup_report(struct cli *cli, const struct command *command, struct err *err) MUST_CHECK;

/* Opens the root that the options name. */
int cli_open_root(struct cli *cli, struct root *root, enum root_mode mode,
                  struct err *err) MUST_CHECK;

/* ERR_USAGE when no remote was chosen. */
int cli_check_remote(const struct cli *cli, const char *command, struct err *err) MUST_CHECK;

/* Wrong number of operands: ERR_USAGE naming the usage line. */
int cli_check_operands(const struct cli *cli, const char *name, size_t least, size_t most,
                       struct err *err) MUST_CHECK;

#endif
