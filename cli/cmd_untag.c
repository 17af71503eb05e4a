#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/headers_files.h"
#include "db/state/tag_suggest.h"
#include "stage/tree/untag.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void tell_untagged(struct cli *cli, const struct untag_item *item)
{
	AUTO_STR struct str line = STR_INIT(4096);
	char text[DIGEST_TEXT_MAX];

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("untagged");
		(void)printf(",\"reference\":\"%s\",\"digest\":\"%s\"}\n", item->reference,
		             digest_text(&item->digest, text));
	}
	report_add_digest(&cli->report, &line, &item->digest);
	report_say(&cli->report, "untagged %s  %s", item->reference, str_text(&line));
}

static int untag_items(struct cli *cli, struct untag_item *items, size_t count, struct err *err)
{
	struct root root = ROOT_INIT;
	int result;

	if (cli_open_root(cli, &root, ROOT_WRITE, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		items[i].reference = cli->options.operands[i];
	result = untag(&root, items, count, err);
	for (size_t i = 0; i < count; i++)
		if (items[i].why.code == ERR_NOT_FOUND)
			tag_suggest(root.db, items[i].reference, &items[i].why);
	headers_files_refresh(cli, &root);
	root_close(&root);
	return result;
}

/* A tag that is not there does not keep the others: then the run is partial. */
int cmd_untag(struct cli *cli, struct err *err)
{
	size_t failed = 0, count = cli->options.operand_count;
	AUTO_FREE struct untag_item *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return err_memory(err);
	if (untag_items(cli, items, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (items[i].removed) {
			tell_untagged(cli, &items[i]);
			continue;
		}
		failed++;
		*err = items[i].why;
		if (count > 1)
			event_error(&cli->sink, &items[i].why);
	}
	if (failed == 0)
		return 0;
	if (failed < count)
		return err_set(err, ERR_PARTIAL, "%zu of %zu tags were not removed", failed, count);
	return -1;
}
