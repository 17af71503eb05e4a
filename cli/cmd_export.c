#include "cli/command.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "stage/export/export.h"

#include <inttypes.h>
#include <stdio.h>

static void print_json(const struct export_options *options, const struct export_result *r)
{
	report_json_begin("exported");
	(void)printf(",\"dry_run\":%s", options->dry_run ? "true" : "false");
	report_json_text("tree", options->path);
	if (options->host)
		report_json_text("for", options->host->name);
	(void)printf(",\"files\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"added\":%" PRIu64
	             ",\"changed\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"put_bytes\":%" PRIu64
	             ",\"linked\":%" PRIu64 ",\"copied\":%" PRIu64 "}\n",
	             r->files, r->bytes, r->added, r->changed, r->removed, r->put_bytes, r->linked,
	             r->copied);
}

static void print_exported(struct cli *cli, const struct export_options *options,
                           const struct export_result *r)
{
	char files[UNITS_TEXT_MAX], bytes[UNITS_TEXT_MAX], put[UNITS_TEXT_MAX];
	AUTO_STR struct str line = STR_INIT(1 << 13);

	if (cli->report.output == REPORT_JSON)
		print_json(options, r);
	(void)str_addf(&line, "%s%s: %s, %s; ", options->dry_run ? "dry run: " : "", options->path,
	               count_text(r->files, "file", "files", files), size_text(r->bytes, bytes));
	if (r->added + r->changed + r->removed == 0)
		(void)str_adds(&line, "unchanged");
	else
		(void)str_addf(&line,
		               "%" PRIu64 " new, %" PRIu64 " changed, %" PRIu64 " removed; %s %s",
		               r->added, r->changed, r->removed, size_text(r->put_bytes, put),
		               options->dry_run         ? "to add"
		               : r->copied && r->linked ? "linked or copied"
		               : r->copied              ? "copied"
		                                        : "linked");
	report_say(&cli->report, "%s", str_text(&line));
}

static void tell_lacks(const struct cli *cli, const struct export_host *host)
{
	for (size_t i = 0; host && i < HOST_LACKS_MAX && host->lacks[i]; i++)
		event_note(&cli->sink, "%s: %s", host->title, host->lacks[i]);
}

int cmd_export(struct cli *cli, struct err *err)
{
	const struct options *o = &cli->options;
	int choice = option_choice(o, OPT_FOR, -1);
	struct export_options options = {
		.path = option_text(o, OPT_EXPORT_TREE),
		.host = choice < 0 ? NULL : export_host_at((size_t)choice),
		.dry_run = option_flag(o, OPT_DRY_RUN),
	};
	struct export_result result;
	struct root root = ROOT_INIT;
	int failed;

	if (!options.path || !*options.path)
		return err_set(err, ERR_USAGE, "--tree DIR is missing: the folder to export to");
	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	failed = export_run(&root, &options, &cli->sink, &result, err);
	root_close(&root);
	report_results(&cli->report);
	if (!failed)
		tell_lacks(cli, options.host);
	if (!failed)
		print_exported(cli, &options, &result);
	return failed;
}
