#include "cli/command.h"

#include "base/units.h"
#include "stage/page/page.h"
#include "sync/doctor/pull_address.h"

#include <inttypes.h>
#include <stdio.h>

static void print_result(struct cli *cli, const struct page_result *r)
{
	char repositories[UNITS_TEXT_MAX], tags[UNITS_TEXT_MAX], written[UNITS_TEXT_MAX];

	if (cli->report.output == REPORT_JSON) {
		report_json_begin("page");
		(void)printf(",\"repositories\":%" PRIu64 ",\"tags\":%" PRIu64
		             ",\"written\":%" PRIu64 ",\"unchanged\":%" PRIu64
		             ",\"removed\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n",
		             r->repositories, r->tags, r->written, r->unchanged, r->removed,
		             r->bytes);
	}
	report_say(&cli->report, "%s, %s: %s written, %" PRIu64 " unchanged, %" PRIu64 " removed",
	           count_text(r->repositories, "repository", "repositories", repositories),
	           count_text(r->tags, "tag", "tags", tags),
	           count_text(r->written, "page", "pages", written), r->unchanged, r->removed);
}

int cmd_page(struct cli *cli, struct err *err)
{
	const struct options *o = &cli->options;
	struct page_wish wish = {.title = option_text(o, OPT_TITLE)};
	struct page_result result;
	struct pull_address address;
	struct root root = ROOT_INIT;
	int failed;

	if (option_given(o, OPT_PULL_HOST) && option_text(o, OPT_PULL_HOST)[0]) {
		if (pull_address_make(&address, option_text(o, OPT_PULL_HOST), NULL, err) < 0)
			return -1;
		wish.pull_host = address.host;
	}
	if (cli_open_root(cli, &root, ROOT_WRITE, err) < 0)
		return -1;
	failed = page_write(&root, &wish, &cli->sink, &result, err);
	root_close(&root);
	report_results(&cli->report);
	if (!failed)
		print_result(cli, &result);
	return failed;
}
