/*
 * command: the table of commands. One file per command (cmd_<name>.c) holds its run function; this
 * header, which those files share, declares them.
 */
#ifndef DRYDOCK_CLI_COMMAND_H
#define DRYDOCK_CLI_COMMAND_H

#include "cli/cli.h"
#include "cli/report_json.h"

struct command {
	const char *name;
	unsigned bit;         /* enum command_bit */
	const char *operands; /* for usage lines: "SRC…" */
	const char *summary;  /* half a line */
	const char *details;  /* paragraphs for --help; "": none */
	int (*run)(struct cli *cli, struct err *err);
	size_t operands_least, operands_most;
	size_t remote_at; /* which operand names the remote, for commands that have one */
};

extern const struct command COMMANDS[];               /* ends with a NULL name */
const struct command *command_find(const char *name); /* NULL: there is none */
/* The i-th command's name and its bit (a config_command_at); NULL past the end. */
const char *command_section(size_t i, unsigned *command);
/* ERR_USAGE: there is no such command, and which one is near. */
int command_unknown(const char *name, struct err *err);
/* ERR_USAGE: `verb` is none of the words that the command's operands begin with: "list|abort …". */
int command_unknown_verb(const struct command *command, const char *verb, struct err *err);

int cmd_stage(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_sync(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_diff(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_status(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_ls(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_verify(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_untag(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_gc(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_rescan(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_serve(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_headers(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_page(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_export(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_doctor(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_recipe(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_uploads(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_remote(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_config(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_init(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_version(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_help(struct cli *cli, struct err *err) MUST_CHECK;
int cmd_completion(struct cli *cli, struct err *err) MUST_CHECK;

/* --help of one command, or the overview (NULL), on standard output. */
void help_print(const struct command *command);

#endif
