#include "cli/command.h"

#include "base/units.h"
#include "cli/sync_options.h"
#include "stage/tree/verify.h"
#include "sync/verify_remote.h"

#include <inttypes.h>
#include <stdio.h>

static void print_verified(struct cli *cli, const struct verify_remote_result *r,
                           enum verify_depth depth)
{
	char count[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX];

	(void)count_text(r->objects, "object", "objects", count);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("verified");
		(void)printf(",\"objects\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64
		             ",\"failed\":%" PRIu64 ",\"moved\":%" PRIu64 ",\"waiting\":%" PRIu64
		             "}\n",
		             r->objects, r->bytes, r->bad, r->failed, r->moved, r->waiting);
	}
	if (r->bad + r->failed + r->waiting > 0)
		return;
	if (depth == VERIFY_FULL)
		report_say(&cli->report, "%s, %s read: every digest matches", count,
		           size_text(r->bytes, bytes));
	else
		report_say(&cli->report, "%s %s there as %s must be", count,
		           r->objects == 1 ? "is" : "are", r->objects == 1 ? "it" : "they");
}

static int verify_bucket(struct cli *cli, struct err *err)
{
	enum verify_depth depth = option_flag(&cli->options, OPT_FULL) ? VERIFY_FULL : VERIFY_HEADS;
	struct verify_remote_result result = {.objects = 0};
	struct sync_options options;
	struct root root = ROOT_INIT;
	int failed;

	if (cli_check_operands(cli, 0, 1, err) < 0 ||
	    sync_options_read(cli, "verify --remote", SYNC_DRY_RUN, &options, err) < 0 ||
	    cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	failed = verify_remote(&root, &options, depth, &cli->sink, &result, err);
	root_close(&root);
	report_results(&cli->report);
	if (!failed || result.bad + result.failed + result.waiting > 0)
		print_verified(cli, &result, depth);
	return failed;
}

static int verify_here(struct cli *cli, struct err *err)
{
	struct verify_result result = {0, 0, 0, 0};
	struct root root = ROOT_INIT;
	char count[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX];
	int failed;

	if (cli_check_operands(cli, 0, 0, err) < 0 || cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	failed = verify_root(&root, &cli->sink, &result, err);
	root_close(&root);
	report_results(&cli->report);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("verified");
		(void)printf(",\"objects\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64
		             ",\"foreign\":%" PRIu64 "}\n",
		             result.objects, result.bytes, result.bad, result.foreign);
	}
	if (!failed)
		report_say(&cli->report, "%s, %s: every digest matches",
		           count_text(result.objects, "object", "objects", count),
		           size_text(result.bytes, bytes));
	return failed;
}

int cmd_verify(struct cli *cli, struct err *err)
{
	if (option_flag(&cli->options, OPT_REMOTE))
		return verify_bucket(cli, err);
	if (option_flag(&cli->options, OPT_FULL))
		return err_set(err, ERR_USAGE,
		               "--full goes with --remote; the root is always read in full");
	return verify_here(cli, err);
}
