#include "cli/command.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/headers/headers.h"
#include "stage/serve/listen.h"

#include <stdio.h>

/* Where no file is named the configuration is the text itself. */
static int print_json(const struct cli *cli, const struct headers_text *text, const char *map_path,
                      struct err *err)
{
	const char *output = option_text(&cli->options, OPT_OUTPUT);
	AUTO_STR struct str line = STR_INIT((size_t)6 * HEADERS_TEXT_MAX);

	report_json_add_begin(&line, "headers");
	(void)str_adds(&line, ",\"server\":");
	(void)str_add_json(&line, cli->options.operands[0]);
	(void)str_adds(&line, output ? ",\"output\":" : ",\"config\":");
	(void)str_add_json(&line, output ? output : str_text(&text->config));
	if (output && text->map.len > 0) {
		(void)str_adds(&line, ",\"map\":");
		(void)str_add_json(&line, map_path);
	}
	(void)str_adds(&line, "}\n");
	(void)fwrite(str_text(&line), 1, line.len, stdout);
	return str_check(&line, "configuration", err);
}

/* The map first: a configuration without its map would be read at once. */
static int write_out(struct cli *cli, const struct headers_text *text, const char *map_path,
                     struct err *err)
{
	const char *output = option_text(&cli->options, OPT_OUTPUT);

	if (output && ((text->map.len > 0 && file_put(map_path, &text->map, err) < 0) ||
	               file_put(output, &text->config, err) < 0))
		return -1;
	if (cli->report.output == REPORT_JSON)
		return print_json(cli, text, map_path, err);
	/* What cannot be written is told at the end (report_finish). */
	if (!output)
		(void)fwrite(str_text(&text->config), 1, text->config.len, stdout);
	return 0;
}

/* FILE.map, from the root of the file system: a web server works in a folder of its own. */
static int find_map_path(const struct cli *cli, struct str *path, struct err *err)
{
	const char *output = option_text(&cli->options, OPT_OUTPUT);
	AUTO_FREE char *folder = output[0] == '/' ? NULL : realpath(".", NULL);

	if (output[0] != '/' && !folder)
		return err_sys(err, "find this folder");
	(void)str_addf(path, "%s%s%s" HEADERS_MAP_ENDING, folder ? folder : "", folder ? "/" : "",
	               output);
	return str_check(path, "path of a file", err);
}

static int write_headers(struct cli *cli, struct headers_wish *wish, struct err *err)
{
	struct headers_text text = HEADERS_TEXT_INIT;
	AUTO_STR struct str map_path = STR_INIT(4096);
	struct root root = ROOT_INIT;
	int result;

	if (option_given(&cli->options, OPT_OUTPUT)) {
		if (find_map_path(cli, &map_path, err) < 0)
			return -1;
		wish->map_path = str_text(&map_path);
	}
	if (cli_open_root(cli, &root, ROOT_READ, err) < 0)
		return -1;
	result = headers_write(&root, wish, &text, err);
	root_close(&root);
	if (result == 0)
		result = write_out(cli, &text, wish->map_path, err);
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
		return command_unknown_verb(cli->command, o->operands[0], err);
	if (!headers_server_listens(wish.server) && option_given(o, OPT_LISTEN))
		return err_set(err, ERR_USAGE, "--listen goes with a web server of your own");
	if (listen_parse(&address, wish.listen, err) < 0)
		return -1;
	return write_headers(cli, &wish, err);
}
