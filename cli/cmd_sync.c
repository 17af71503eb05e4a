#include "cli/command.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/headers_files.h"
#include "cli/metrics.h"
#include "cli/quiet.h"
#include "cli/sync_options.h"
#include "db/state/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void record_run(const struct cli *cli, struct root *root, const struct sync_options *options,
                       int64_t started_at, const struct event_summary *s, int failed,
                       const struct err *err)
{
	struct run_row row = {.command = RUN_SYNC,
	                      .remote = s->remote_id,
	                      .started_at = started_at,
	                      .bytes = s->bytes_sent,
	                      .objects = s->uploaded + s->resumed + s->copied + s->repaired,
	                      .failed = s->failed};

	if (options->include_count + options->exclude_count > 0)
		(void)snprintf(row.command, sizeof(row.command), RUN_SYNC_PART);
	cli_record_run(cli, root, &row, failed, err);
}

static int write_metrics(struct cli *cli, struct root *root, int64_t started_at,
                         const struct event_summary *summary, int failed, struct err *err)
{
	const char *path = option_text(&cli->options, OPT_METRICS_FILE);
	AUTO_FREE char *place = path ? realpath(root->path, NULL) : NULL;
	struct metrics m = {.root = place ? place : root->path,
	                    .remote = cli->remote.name ? cli->remote.name : cli->remote.url,
	                    .started_at = started_at,
	                    .summary = summary};
	struct run_row row;
	struct err why = ERR_INIT;

	if (!path)
		return failed;
	if (summary->remote_id &&
	    run_last(root->db, RUN_SYNC, summary->remote_id, RUN_SUCCEEDED, &row, &why) > 0)
		m.succeeded_at = row.ended_at;
	if (metrics_write(path, &m, &why) == 0)
		return failed;
	/* Of what sync was asked to do nothing is missing: it is this machine that lacks something.
	 */
	if (why.code != ERR_MEMORY)
		why.code = ERR_STORAGE;
	(void)err_context(&why, "--metrics-file");
	if (failed)
		event_warning(&cli->sink, "%s", why.message);
	else
		*err = why;
	return -1;
}

/* Another run holds the root. Whether that is worth a word, the root's history tells. */
static int not_opened(struct cli *cli, const struct sync_options *options, int64_t started_at,
                      struct quiet *of, struct err *err)
{
	struct event_summary summary = {.result = err->code};
	struct root root = ROOT_INIT;
	struct err ignored = ERR_INIT;

	if (err->code != ERR_LOCKED || cli_open_root(cli, &root, ROOT_READ, &ignored) < 0)
		return -1;
	if (sync_find_remote(&root, options, &summary.remote_id, &ignored) == 0) {
		(void)write_metrics(cli, &root, started_at, &summary, -1, err);
		of->remote = summary.remote_id;
		cli->report.silent_failure =
			cli->report.quiet && !quiet_is_news(cli, &root, of, err);
	}
	root_close(&root);
	return -1;
}

/* What a stage could not. One that is at work now will: of two that write, the later one has the
 * newer tags. */
static void refresh_headers(struct cli *cli, struct root *root)
{
	struct err ignored = ERR_INIT;

	if (!option_given(&cli->options, OPT_HEADERS) ||
	    root_lock(root, LOCK_SHARED, 0, &ignored) < 0)
		return;
	headers_files_refresh(cli, root);
	root_unlock(root);
}

int cmd_sync(struct cli *cli, struct err *err)
{
	struct sync_options options;
	struct event_summary summary;
	struct root root = ROOT_INIT;
	struct quiet of = {.command = RUN_SYNC, .of_remote = true};
	int64_t started_at = time(NULL);
	bool dry = option_flag(&cli->options, OPT_DRY_RUN);
	int failed;

	memset(&summary, 0, sizeof(summary));
	if (sync_options_read(cli, "sync", dry ? SYNC_DRY_RUN : SYNC_RUN, &options, err) < 0 ||
	    quiet_read(&cli->options, &of, err) < 0)
		return -1;
	if (cli_open_root(cli, &root, dry ? ROOT_READ : ROOT_SYNC, err) < 0)
		return not_opened(cli, &options, started_at, &of, err);
	if (cli->report.quiet)
		report_hold(&cli->report);
	failed = sync_to_bucket(&root, &options, &cli->sink, &summary, err);
	if (!dry) {
		refresh_headers(cli, &root);
		record_run(cli, &root, &options, started_at, &summary, failed, err);
		failed = write_metrics(cli, &root, started_at, &summary, failed, err);
	}
	of.remote = summary.remote_id;
	if (cli->report.quiet)
		quiet_settle(cli, &root, &of, failed, err);
	root_close(&root);
	return failed;
}

int cmd_diff(struct cli *cli, struct err *err)
{
	struct sync_options options;
	struct event_summary summary;
	struct root root = ROOT_INIT;
	int failed;

	memset(&summary, 0, sizeof(summary));
	if (sync_options_read(cli, "diff", SYNC_DRY_RUN, &options, err) < 0 ||
	    cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	failed = sync_to_bucket(&root, &options, &cli->sink, &summary, err);
	root_close(&root);
	if (!failed && option_flag(&cli->options, OPT_EXIT_CODE) &&
	    summary.uploaded + summary.resumed + summary.copied + summary.repaired +
	                    summary.deleted + summary.tags_moved + summary.held >
	            0) {
		cli->report.silent_failure = true; /* the plan has said it all */
		return err_set(err, ERR_DIFFERENCES, "there is something to do");
	}
	return failed;
}
