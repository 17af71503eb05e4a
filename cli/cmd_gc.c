#include "cli/command.h"

#include "base/units.h"
#include "stage/tree/gc.h"

#include <inttypes.h>
#include <stdio.h>

static void print_collected(struct cli *cli, bool dry, const struct gc_result *r)
{
	char objects[UNITS_TEXT_MAX], blobs[UNITS_TEXT_MAX], freed[UNITS_TEXT_MAX];

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("collected");
		(void)printf(",\"dry_run\":%s,\"objects\":%" PRIu64 ",\"blobs\":%" PRIu64
		             ",\"freed_bytes\":%" PRIu64 "}\n",
		             dry ? "true" : "false", r->objects, r->blobs, r->freed_bytes);
	}
	report_say(&cli->report, "%s%s, %s, %s %s", dry ? "dry run: " : "",
	           count_text(r->objects, "object", "objects", objects),
	           count_text(r->blobs, "blob", "blobs", blobs), size_text(r->freed_bytes, freed),
	           dry ? "to free" : "freed");
}

/* What was fetched of blobs that are not whole goes too. */
static void print_partials(struct cli *cli, bool dry, const struct partials *p)
{
	char blobs[UNITS_TEXT_MAX], freed[UNITS_TEXT_MAX];

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("partials");
		(void)printf(",\"dry_run\":%s,\"count\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n",
		             dry ? "true" : "false", p->count, p->bytes);
	}
	if (p->count > 0)
		report_say(&cli->report, "%s%s fetched in part, %s %s", dry ? "dry run: " : "",
		           count_text(p->count, "blob", "blobs", blobs), size_text(p->bytes, freed),
		           dry ? "to free" : "freed");
}

int cmd_gc(struct cli *cli, struct err *err)
{
	struct gc_result result = {0, 0, 0};
	struct partials partials = {0, 0};
	struct root root = ROOT_INIT;
	bool dry = option_flag(&cli->options, OPT_DRY_RUN);
	int64_t wait_ms = 0;
	int failed = 0;

	if (option_duration(&cli->options, OPT_LOCK_WAIT, &wait_ms, err) < 0 ||
	    cli_open_root(cli, &root, dry ? ROOT_READ : ROOT_WRITE, err) < 0)
		return -1;
	/* A sync that is under way reads the files that would go. */
	if (!dry)
		failed = root_lock_remotes(&root, wait_ms, err);
	if (!failed)
		failed = gc_run(&root, dry ? GC_DRY_RUN : GC_RUN, &cli->sink, &result, err);
	if (!failed)
		failed = dry ? partials_count(root.private_dir, &partials, err)
		             : partials_remove(root.private_dir, &partials, err);
	root_close(&root);
	report_results(&cli->report);
	if (!failed)
		print_partials(cli, dry, &partials);
	if (!failed)
		print_collected(cli, dry, &result);
	return failed;
}
