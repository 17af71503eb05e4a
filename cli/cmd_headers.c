#include "cli/command.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/headers/headers.h"
#include "stage/serve/listen.h"

#include <stdio.h>

static int write_out(struct cli *cli, const struct headers_text *text, struct err *err)
{
	if (option_given(&cli->options, OPT_OUTPUT))
		return file_put(option_text(&cli->options, OPT_OUTPUT), &text->config, err);
	/* What cannot be written is told at the end (report_finish). */
	(void)fwrite(str_text(&text->config), 1, text->config.len, stdout);
	return 0;
}

static int write_headers(struct cli *cli, const struct headers_wish *wish, struct err *err)
{
	struct headers_text text = HEADERS_TEXT_INIT;
	struct root root = ROOT_INIT;
	int result;

	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	result = headers_write(&root, wish, &text, err);
	root_close(&root);
	if (result == 0)
		result = write_out(cli, &text, err);
	headers_text_release(&text);
	return result;
}

int cmd_headers(struct cli *cli, struct err *err)
{
	const struct options *o = &cli->options;
	struct headers_wish wish = {
		.server = headers_server_named(o->operands[0]),
		.listen = option_given(o, OPT_LISTEN) ? option_text(o, OPT_LISTEN) : LISTEN_DEFAULT,
	};
	struct listen_address address;

	if (wish.server == HEADERS_UNKNOWN)
		return err_set(err, ERR_USAGE,
		               "'%.40s' is none of the web servers that are known: %s",
		               o->operands[0], HEADERS_SERVER_NAMES);
	if (listen_parse(&address, wish.listen, err) < 0)
		return -1;
	return write_headers(cli, &wish, err);
}
