#include "cli/headers_files.h"

#include "stage/headers/refresh.h"

#include <stdio.h>
#include <string.h>

enum { SERVER_MAX = 32 };

/* HEADERS_UNKNOWN where the value is none; *path is where its file is. */
static enum headers_server read_value(const char *value, const char **path)
{
	const char *colon = strchr(value, ':');
	char name[SERVER_MAX];
	enum headers_server server;

	if (!colon || colon[1] != '/' || colon - value >= SERVER_MAX)
		return HEADERS_UNKNOWN;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - value), value);
	*path = colon + 1;
	server = headers_server_named(name);
	return server != HEADERS_UNKNOWN && headers_server_listens(server) ? server
	                                                                   : HEADERS_UNKNOWN;
}

int headers_files_check(const struct cli *cli, struct err *err)
{
	const struct option_value *v = &cli->options.values[OPT_HEADERS];
	const char *path;

	for (size_t i = 0; i < v->count; i++)
		if (read_value(v->values[i], &path) == HEADERS_UNKNOWN)
			return err_set(
				err, ERR_USAGE,
				"%s: '%.200s' is not SERVER:/FILE, with nginx, apache, caddy "
				"or lighttpd",
				v->origin, v->values[i]);
	return 0;
}

static void tell_written(const struct cli *cli, enum headers_server server, const char *path,
                         enum headers_freshness freshness)
{
	static const char *const loads[] = {
		[HEADERS_NGINX] = "nginx -s reload",
		[HEADERS_APACHE] = "apachectl graceful",
		[HEADERS_CADDY] = "caddy reload",
		[HEADERS_LIGHTTPD] = "a restart of lighttpd",
	};

	if (freshness == HEADERS_MAP_WRITTEN)
		event_note(&cli->sink, "%s" HEADERS_MAP_ENDING " is made again", path);
	else if (freshness == HEADERS_FILE_WRITTEN)
		event_note(&cli->sink, "%s is made again, and counts after %s", path,
		           loads[server]);
}

void headers_files_refresh(const struct cli *cli, const struct root *root)
{
	const struct option_value *v = &cli->options.values[OPT_HEADERS];

	for (size_t i = 0; root->db && i < v->count; i++) {
		struct err err = ERR_INIT;
		const char *path = NULL;
		enum headers_server server = read_value(v->values[i], &path);
		int freshness;

		if (server == HEADERS_UNKNOWN) /* headers_files_check has told of it */
			continue;
		freshness = headers_refresh(root, server, path, &err);
		if (freshness < 0)
			event_warning(&cli->sink, "the web server is not told of it: %s",
			              err.message);
		else
			tell_written(cli, server, path, (enum headers_freshness)freshness);
	}
}
