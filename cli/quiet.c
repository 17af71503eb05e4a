#include "cli/quiet.h"

#include "db/state/run.h"

#include <time.h>

int quiet_read(const struct options *o, struct quiet *of, struct err *err)
{
	of->alert_after_ms = REPORT_ALERT_AFTER_MS;
	return option_duration(o, OPT_ALERT_AFTER, &of->alert_after_ms, err);
}

bool quiet_is_news(const struct cli *cli, const struct root *root, const struct quiet *of,
                   const struct err *err)
{
	bool may_pass =
		report_may_pass(err->code) || (of->partial_may_pass && err->code == ERR_PARTIAL);
	struct run_row row;
	struct err ignored;

	if (!may_pass || !root->db || cli->report.held_matters || (of->of_remote && !of->remote))
		return true;
	if (run_last(root->db, of->command, of->remote, RUN_SUCCEEDED, &row, &ignored) <= 0)
		return true;
	return (int64_t)time(NULL) - row.ended_at >= of->alert_after_ms / 1000;
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
