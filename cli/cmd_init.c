#include "cli/command.h"

#include "base/cleanup.h"

#include <stdio.h>

int cmd_init(struct cli *cli, struct err *err)
{
	const struct options *o = &cli->options;
	const char *path = o->operand_count ? o->operands[0] : option_text(o, OPT_ROOT);
	struct root root = ROOT_INIT;
	int64_t wait_ms = 0;
	bool made;

	if (option_duration(o, OPT_LOCK_WAIT, &wait_ms, err) < 0)
		return -1;
	if (!path)
		path = "./registry";
	if (root_open(&root, path, ROOT_CREATE, wait_ms, &cli->sink, err) < 0) {
		root_close(&root);
		return -1;
	}
	made = root.made != ROOT_WAS_THERE;
	root_close(&root);
	if (cli->report.output == REPORT_JSON) {
		report_json_begin("init");
		report_json_text("path", path);
		(void)printf(",\"made\":%s}\n", made ? "true" : "false");
	} else if (!made) {
		event_note(&cli->sink, "%s is a registry root already", path);
	}
	return 0;
}
