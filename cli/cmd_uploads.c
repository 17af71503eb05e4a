#include "cli/command.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/sync_options.h"
#include "sync/uploads.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int print_upload(void *context, const struct uploads_row *row, struct err *err)
{
	const struct cli *cli = context;
	AUTO_STR struct str line = STR_INIT(1 << 16);
	char at[UNITS_TEXT_MAX], size[UNITS_TEXT_MAX];

	(void)err;
	(void)time_text(row->created_at, at);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("upload");
		(void)str_adds(&line, ",\"key\":");
		(void)str_add_json(&line, row->key);
		(void)str_adds(&line, ",\"upload_id\":");
		(void)str_add_json(&line, row->upload_id);
		(void)str_addf(&line,
		               ",\"state\":\"%s\",\"bytes\":%" PRIu64 ",\"arrived_bytes\":%" PRIu64
		               ",\"parts\":%" PRIu64 ",\"parts_there\":%" PRIu64
		               ",\"created_at\":\"%s\"}",
		               row->state, row->size_bytes, row->arrived_bytes, row->parts_total,
		               row->parts_there, at);
	} else {
		report_add_key(&cli->report, &line, row->key);
		(void)str_addf(&line, "  %s  parts %" PRIu64 "/%" PRIu64 " there  %s since %s",
		               size_text(row->size_bytes, size), row->parts_there, row->parts_total,
		               row->state, at);
	}
	(void)printf("%s\n", str_text(&line));
	return 0;
}

static int abort_all(struct cli *cli, const struct sync_options *options, struct err *err)
{
	struct root root = ROOT_INIT;
	char text[UNITS_TEXT_MAX];
	uint64_t count;
	int result;

	if (cli_open_root(cli, &root, ROOT_SYNC, err) < 0)
		return -1;
	result = uploads_abort(&root, options, &cli->sink, &count, err);
	root_close(&root);
	if (result < 0 && count == 0)
		return -1;
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("uploads_aborted");
		(void)printf(",\"count\":%" PRIu64 "}\n", count);
	}
	report_say(&cli->report, "%s aborted", count_text(count, "upload", "uploads", text));
	return result;
}

static int list_all(struct cli *cli, const struct sync_options *options, struct err *err)
{
	struct root root = ROOT_INIT;
	int result;

	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	result = uploads_each(&root, options, &cli->sink, print_upload, cli, err);
	root_close(&root);
	return result;
}

int cmd_uploads(struct cli *cli, struct err *err)
{
	const char *verb = cli->options.operands[0];
	bool list = strcmp(verb, "list") == 0;
	struct sync_options options;

	if (!list && strcmp(verb, "abort") != 0)
		return command_unknown_verb(cli->command, verb, err);
	if (sync_options_read(cli, list ? "uploads list" : "uploads abort", SYNC_RUN, &options,
	                      err) < 0)
		return -1;
	return list ? list_all(cli, &options, err) : abort_all(cli, &options, err);
}
