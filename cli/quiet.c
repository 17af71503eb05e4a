#include "cli/quiet.h"

#include "db/state/run.h"

#include <time.h>

int quiet_read(const struct options *o, struct quiet *of, struct err *err)
{
	of->alert_after_ms = REPORT_ALERT_AFTER_MS;
	return option_duration(o, OPT_ALERT_AFTER, &of->alert_after_ms, err);
}

/*
 * Since when the runs have failed. Before the first success that is the first that sent anything: a
 * large first sync takes many runs. A bucket that none has reached is news at once.
 */
static int failing_since(const struct root *root, const struct quiet *of, int64_t *since,
                         struct err *err)
{
	struct run_row row;
	int got = run_last(root->db, of->command, of->remote, RUN_SUCCEEDED, &row, err);

	if (got == 0 && of->of_remote)
		got = run_last(root->db, of->command, of->remote, RUN_FIRST_FORWARD, &row, err);
	if (got > 0)
		*since = row.ended_at;
	return got;
}

bool quiet_is_news(const struct cli *cli, const struct root *root, const struct quiet *of,
                   const struct err *err)
{
	bool may_pass =
		report_may_pass(err->code) || (of->partial_may_pass && err->code == ERR_PARTIAL);
	struct err ignored;
	int64_t since;

	if (!may_pass || !root->db || cli->report.held_matters || (of->of_remote && !of->remote))
		return true;
	if (failing_since(root, of, &since, &ignored) <= 0)
		return true;
	return (int64_t)time(NULL) - since >= of->alert_after_ms / 1000;
}

void quiet_settle(struct cli *cli, const struct root *root, const struct quiet *of, int failed,
                  const struct err *err)
{
	if (!failed || quiet_is_news(cli, root, of, err)) {
		report_let_go(&cli->report);
		return;
	}
	report_drop(&cli->report);
	cli->report.silent_failure = true;
}
