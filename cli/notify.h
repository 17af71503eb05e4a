/*
 * notify: --notify runs a program of the user's when a sync or stage has ended, with a line of JSON
 * that tells of the run on its standard input. What becomes of it never changes what the run ends
 * with: that it fails, or takes longer than NOTIFY_MS, is a warning.
 */
#ifndef DRYDOCK_CLI_NOTIFY_H
#define DRYDOCK_CLI_NOTIFY_H

#include "cli/cli.h"

enum { NOTIFY_MS = 60 * 1000 };

/* After it; `failed` and `why` say how it ended. Dry runs, and those that a signal ended, tell
 * nothing. */
void notify_run(struct cli *cli, int failed, const struct err *why);

#endif
