#include "cli/command.h"

#include "base/layout.h"
#include "base/units.h"
#include "cli/headers_files.h"
#include "cli/stage_limits.h"
#include "stage/tree/rescan.h"

#include <inttypes.h>
#include <stdio.h>

static void print_rescanned(struct cli *cli, const struct rescan_result *r)
{
	char objects[UNITS_TEXT_MAX], tags[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX];

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("rescanned");
		(void)printf(",\"objects\":%" PRIu64 ",\"tags\":%" PRIu64 ",\"bytes\":%" PRIu64
		             ",\"bad\":%" PRIu64 ",\"foreign\":%" PRIu64
		             ",\"removed_tags\":%" PRIu64 "}\n",
		             r->objects, r->tags, r->bytes, r->bad, r->foreign, r->removed_tags);
	}
	report_say(&cli->report, "%s, %s, %s read: the state is rebuilt",
	           count_text(r->objects, "object", "objects", objects),
	           count_text(r->tags, "tag", "tags", tags), size_text(r->bytes, bytes));
	if (r->removed_tags > 0)
		report_say(&cli->report, "removed tags that sync takes out of buckets: %" PRIu64,
		           r->removed_tags);
}

/* What was left out is an error, but the state is there all the same. */
int cmd_rescan(struct cli *cli, struct err *err)
{
	struct rescan_result result = {.objects = 0};
	struct stage_limits limits = {.entries = 0};
	struct root root = ROOT_INIT;
	struct err gone = ERR_INIT;
	int failed;

	if (stage_limits_read(&cli->options, &limits, err) < 0 ||
	    cli_open_root(cli, &root, ROOT_RESCAN, err) < 0)
		return -1;
	failed = rescan_root(&root, &limits, &cli->sink, &result, err);
	if (failed && root_unmake(&root, &gone) < 0)
		event_warning(&cli->sink, "what was made for the state stays: %s", gone.message);
	if (result.rebuilt)
		headers_files_refresh(cli, &root);
	root_close(&root);
	if (result.kept[0])
		event_note(&cli->sink, "the old state file is kept as " LAYOUT_PRIVATE "/%s",
		           result.kept);
	report_results(&cli->report);
	if (result.rebuilt)
		print_rescanned(cli, &result);
	return failed;
}
