#include "cli/command.h"

#include "base/cleanup.h"
#include "stage/tree/untag.h"

#include <stdint.h>
#include <stdio.h>

static int untag_one(struct cli *cli, struct root *root, const char *reference, struct err *err)
{
	AUTO_STR struct str line = STR_INIT(4096);
	char text[DIGEST_TEXT_MAX];
	struct digest removed;

	if (untag(root, reference, &removed, err) < 0)
		return -1;
	if (cli->report.quiet)
		return 0;
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("untagged");
		(void)str_addf(&line, ",\"reference\":\"%s\",\"digest\":\"%s\"}", reference,
		               digest_text(&removed, text));
	} else {
		(void)str_addf(&line, "untagged %s  ", reference);
		report_add_digest(&cli->report, &line, &removed);
	}
	(void)printf("%s\n", str_text(&line));
	return 0;
}

/* A tag that is not there does not keep the others: then the run is partial. */
int cmd_untag(struct cli *cli, struct err *err)
{
	struct root root = ROOT_INIT;
	size_t failed = 0, count = cli->options.operand_count;

	if (cli_open_root(cli, &root, ROOT_WRITE, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (untag_one(cli, &root, cli->options.operands[i], err) == 0)
			continue;
		failed++;
		if (count > 1)
			event_error(&cli->sink, err);
	}
	root_close(&root);
	if (failed == 0)
		return 0;
	if (failed < count)
		return err_set(err, ERR_PARTIAL, "%zu of %zu tags were not removed", failed, count);
	return -1;
}
