/*
 * sync_options: what the command line, environment and files say about a sync, as sync_to_bucket
 * wants it.
 */
#ifndef DRYDOCK_CLI_SYNC_OPTIONS_H
#define DRYDOCK_CLI_SYNC_OPTIONS_H

#include "cli/cli.h"
#include "sync/sync.h"

/* Pointers are borrowed from cli. ERR_USAGE when no remote was chosen: `command` is then what the
 * message says to type, such as "uploads list". */
int sync_options_read(const struct cli *cli, const char *command, enum sync_mode mode,
                      struct sync_options *s, struct err *err) MUST_CHECK;

#endif
