#include "cli/headers_files.h"

#include "stage/headers/refresh.h"

static void tell_written(const struct cli *cli, const struct headers_file *file,
                         enum headers_freshness freshness)
{
	static const char *const loads[] = {
		[HEADERS_NGINX] = "nginx -s reload",
		[HEADERS_APACHE] = "apachectl graceful",
		[HEADERS_CADDY] = "caddy reload",
		[HEADERS_LIGHTTPD] = "a restart of lighttpd",
	};

	if (freshness == HEADERS_MAP_WRITTEN)
		event_note(&cli->sink, "%s" HEADERS_MAP_ENDING " is made again", file->path);
	else if (freshness == HEADERS_FILE_WRITTEN)
		event_note(&cli->sink, "%s is made again, and counts after %s", file->path,
		           loads[file->server]);
}

void headers_files_refresh(const struct cli *cli, const struct root *root)
{
	const struct option_value *v = &cli->options.values[OPT_HEADERS];

	for (size_t i = 0; root->db && i < v->count; i++) {
		struct err err = ERR_INIT;
		struct headers_file file;
		int freshness = headers_file_parse(&file, v->values[i], &err);

		if (freshness == 0)
			freshness = headers_refresh(root, &file, &err);
		if (freshness < 0)
			event_warning(&cli->sink, "the web server is not told of it: %s",
			              err.message);
		else
			tell_written(cli, &file, (enum headers_freshness)freshness);
	}
}
