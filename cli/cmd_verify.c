#include "cli/command.h"

#include "base/units.h"
#include "stage/verify.h"

#include <inttypes.h>
#include <stdio.h>

int cmd_verify(struct cli *cli, struct err *err)
{
	struct verify_result result = {0, 0, 0, 0};
	struct root root = ROOT_INIT;
	char bytes[UNITS_TEXT_MAX];
	int failed;

	if (cli_check_operands(cli, "verify", 0, 0, err) < 0 ||
	    cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	failed = verify_root(&root, &cli->sink, &result, err);
	root_close(&root);
	if (cli->report.output == REPORT_JSON)
		(void)printf("{\"event\":\"verified\",\"objects\":%" PRIu64 ",\"bytes\":%" PRIu64
		             ",\"bad\":%" PRIu64 ",\"foreign\":%" PRIu64 "}\n",
		             result.objects, result.bytes, result.bad, result.foreign);
	else if (!failed && !cli->report.quiet)
		(void)printf("%" PRIu64 " objects, %s: every digest matches\n", result.objects,
		             size_text(result.bytes, bytes));
	return failed;
}
