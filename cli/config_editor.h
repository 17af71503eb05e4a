/*
 * config_editor: a configuration file in the user's editor, put into its place when it can be read.
 */
#ifndef DRYDOCK_CLI_CONFIG_EDITOR_H
#define DRYDOCK_CLI_CONFIG_EDITOR_H

#include "cli/cli.h"

/*
 * Opens a copy, FILE.edit, in $VISUAL, $EDITOR or vi. What cannot be read stays there, and the next
 * call goes on with it; the file itself stays as it was.
 */
int config_editor_run(struct cli *cli, config_command_at *command_at, struct err *err) MUST_CHECK;

#endif
