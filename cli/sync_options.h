/* sync_options: what the command line, environment and files say about a sync, as sync_to_bucket
 * wants it. */
#ifndef DRYDOCK_CLI_SYNC_OPTIONS_H
#define DRYDOCK_CLI_SYNC_OPTIONS_H

#include "cli/cli.h"
#include "sync/sync.h"

/* Pointers are borrowed from cli. */
int cli_sync_options(const struct cli *cli, enum sync_mode mode, struct sync_options *s,
                     struct err *err) MUST_CHECK;

#endif
