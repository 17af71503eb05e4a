/*
 * quiet: with -q a link that is down is no news until it has been down for --alert-after: statuses
 * 5, 8, 10 and 11 stay silent until then, so that cron mails when a person is needed. Before the
 * first success, that is until so long after the first sync that sent anything.
 *
 *     report_hold(&cli->report);                      where the run begins, if cli->report.quiet
 *     quiet_settle(cli, root, &of, failed, err);      where it has ended, while the root is open
 *
 * What else went wrong meanwhile is told all the same (report_hold).
 */
#ifndef DRYDOCK_CLI_QUIET_H
#define DRYDOCK_CLI_QUIET_H

#include "cli/command.h"

/* Which runs are meant: the last of them that succeeded is looked for in the root's history. */
struct quiet {
	const char *command;   /* RUN_STAGE or RUN_SYNC */
	bool of_remote;        /* of one remote … */
	int64_t remote;        /* … which is this; 0: never synced, so nothing ever succeeded */
	bool partial_may_pass; /* so may ERR_PARTIAL, when each of what failed may pass */
	int64_t alert_after_ms;
};

/* Sets alert_after_ms as --alert-after says. */
int quiet_read(const struct options *o, struct quiet *of, struct err *err) MUST_CHECK;
/* Whether a failure is worth a word. */
bool quiet_is_news(const struct cli *cli, const struct root *root, const struct quiet *of,
                   const struct err *err);
/* Lets what was held back go, or drops it and has the failure told by the exit status alone. */
void quiet_settle(struct cli *cli, const struct root *root, const struct quiet *of, int failed,
                  const struct err *err);

#endif
