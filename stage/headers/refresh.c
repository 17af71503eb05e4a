#include "stage/headers/refresh.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 4096, LISTEN_MAX_BYTES = 1024, SERVER_NAME_MAX = 32 };

/* The address in the first line of what is there: who made the file has said where to listen. */
static int read_listen(const struct str *was, enum headers_server server, const char *path,
                       struct str *listen, struct err *err)
{
	AUTO_STR struct str begin = STR_INIT(LISTEN_MAX_BYTES);
	const char *text = str_text(was);

	headers_first_line(server, "", &begin);
	/* Up to the end of the line. */
	if (begin.len > 1 && strncmp(text, str_text(&begin), begin.len - 1) == 0) {
		text += begin.len - 1;
		(void)str_add(listen, text, strcspn(text, "\n"));
		return str_check(listen, "address", err);
	}
	return err_set(err, ERR_CONFIG,
	               "%s: this was not made by drydock headers %s --output, and is left alone",
	               path, headers_server_name(server));
}

static int read_file(const char *path, struct str *text, struct err *err)
{
	int result = file_read_all(AT_FDCWD, path, text, err);

	if (result < 0 && err->sys_errno == ENOENT)
		str_clear(text);
	return result < 0 && err->sys_errno != ENOENT ? -1 : 0;
}

/* 1 written, 0 it was so, -1. */
static int write_changed(const char *path, const struct str *was, const struct str *now,
                         struct err *err)
{
	if (was->len == now->len && memcmp(str_text(was), str_text(now), now->len) == 0)
		return 0;
	return file_put(path, now, err) < 0 ? -1 : 1;
}

/* The map first, as cmd_headers writes them. */
static int write_both(const struct headers_wish *wish, const char *path, const struct str *was,
                      const struct headers_text *text, struct err *err)
{
	AUTO_STR struct str map = STR_INIT(HEADERS_TEXT_MAX);
	int map_written = 0, file_written;

	if (text->map.len > 0) {
		if (read_file(wish->map_path, &map, err) < 0)
			return -1;
		map_written = write_changed(wish->map_path, &map, &text->map, err);
	}
	file_written = map_written < 0 ? -1 : write_changed(path, was, &text->config, err);
	if (file_written != 0)
		return file_written < 0 ? -1 : HEADERS_FILE_WRITTEN;
	return map_written ? HEADERS_MAP_WRITTEN : HEADERS_FRESH;
}

int headers_file_parse(struct headers_file *file, const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');
	char name[SERVER_NAME_MAX] = "";

	if (colon && colon[1] == '/' && colon - text < SERVER_NAME_MAX) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		file->server = headers_server_named(name);
		file->path = colon + 1;
		if (file->server != HEADERS_UNKNOWN && headers_server_listens(file->server))
			return 0;
	}
	return err_set(err, ERR_USAGE,
	               "'%.200s' is not SERVER:/FILE, with nginx, apache, caddy or lighttpd", text);
}

int headers_refresh(const struct root *root, const struct headers_file *file, struct err *err)
{
	AUTO_STR struct str was = STR_INIT(HEADERS_TEXT_MAX), listen = STR_INIT(LISTEN_MAX_BYTES);
	AUTO_STR struct str map_path = STR_INIT(PATH_MAX_BYTES);
	struct headers_text text = HEADERS_TEXT_INIT;
	struct headers_wish wish = {.server = file->server};
	int result;

	(void)str_addf(&map_path, "%s" HEADERS_MAP_ENDING, file->path);
	if (str_check(&map_path, "path of a file", err) < 0 ||
	    read_file(file->path, &was, err) < 0 ||
	    read_listen(&was, file->server, file->path, &listen, err) < 0)
		return -1;
	wish.map_path = str_text(&map_path);
	wish.listen = str_text(&listen);
	result = headers_write(root, &wish, &text, err);
	if (result == 0)
		result = write_both(&wish, file->path, &was, &text, err);
	headers_text_release(&text);
	return result;
}
