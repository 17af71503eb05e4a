#include "stage/export/marker.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/export/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = KEY_MAX + DIGEST_TEXT_MAX + 64, BUFFER_MAX = 1 << 16 };

#define FIRST_LINE "drydock-export 1\n"

int marker_open(struct marker *m, int dir, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char first[sizeof(FIRST_LINE) + 1];

	*m = (struct marker){NULL, 1};
	fd = dir < 0 ? -1 : file_open_read(dir, MARKER_NAME, err);
	if (fd < 0)
		return dir < 0 || err->sys_errno == ENOENT ? 0 : -1;
	m->file = fdopen(fd, "r");
	if (!m->file)
		return err_sys(err, "open " MARKER_NAME);
	(void)steal_fd(&fd);
	if (fgets(first, sizeof(first), m->file) && strcmp(first, FIRST_LINE) == 0)
		return 0;
	marker_close(m);
	return err_set(err, ERR_MALFORMED,
	               MARKER_NAME ": this is not the file of a drydock that this one knows");
}

void marker_close(struct marker *m)
{
	if (m->file)
		(void)fclose(m->file);
	m->file = NULL;
}

/* Only of drydock's own making: a key is a path that will be removed. */
static bool read_item(struct export_item *item, const char *line)
{
	const char *digest, *key;
	struct err ignored = ERR_INIT;
	struct key_parts parts;
	char *end;

	if (strlen(line) < strlen("= b 1") || !strchr("=+-", line[0]) || line[1] != ' ' ||
	    !strchr(EXPORT_KINDS, line[2]) || line[3] != ' ' || line[4] < '0' || line[4] > '9')
		return false;
	item->sign = (enum export_sign)line[0];
	item->kind = (enum export_kind)line[2];
	item->size_bytes = strtoull(line + 4, &end, 10);
	digest = end + 1;
	key = *end == ' ' ? strchr(digest, ' ') : NULL;
	if (!key || strlen(key + 1) >= KEY_MAX ||
	    digest_parse(&item->digest, digest, (size_t)(key - digest), &ignored) < 0)
		return false;
	memcpy(item->key, key + 1, strlen(key + 1) + 1);
	if (item->kind == KIND_HOST)
		return host_files_know(item->key);
	return layout_parse(&parts, item->key) && parts.object_class != CLASS_PING;
}

int marker_next(struct marker *m, struct export_item *item, struct err *err)
{
	char line[LINE_MAX_BYTES];
	size_t len;

	if (!m->file)
		return 0;
	errno = 0;
	if (!fgets(line, sizeof(line), m->file))
		return ferror(m->file) ? err_sys(err, "read " MARKER_NAME) : 0;
	m->line++;
	len = strlen(line);
	if (len > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		if (read_item(item, line))
			return 1;
	}
	return err_set(err, ERR_MALFORMED, MARKER_NAME ": line %u is not drydock's", m->line);
}

int marker_create(struct marker_writer *w, int dir, struct err *err)
{
	*w = (struct marker_writer){dir, -1, STR_INIT(BUFFER_MAX + LINE_MAX_BYTES)};
	if (file_remove(dir, MARKER_TEMP, err) < 0)
		return -1;
	w->fd = file_create(dir, MARKER_TEMP, FILE_MODE_PUBLIC, err);
	(void)str_adds(&w->buffer, FIRST_LINE);
	return w->fd < 0 ? -1 : 0;
}

static int write_buffer(struct marker_writer *w, struct err *err)
{
	int result = str_check(&w->buffer, "line", err);

	if (result == 0)
		result = file_write(w->fd, str_text(&w->buffer), w->buffer.len, MARKER_TEMP, err);
	str_clear(&w->buffer);
	return result;
}

int marker_add(struct marker_writer *w, const struct export_item *item, struct err *err)
{
	char digest[DIGEST_TEXT_MAX];

	(void)str_addf(&w->buffer, "%c %c %" PRIu64 " %s %s\n", (char)item->sign, (char)item->kind,
	               item->size_bytes, digest_text(&item->digest, digest), item->key);
	return w->buffer.len < BUFFER_MAX ? 0 : write_buffer(w, err);
}

int marker_commit(struct marker_writer *w, struct err *err)
{
	int result = write_buffer(w, err);

	if (result == 0)
		result = file_sync_close(&w->fd, MARKER_TEMP, err);
	if (result == 0)
		result = file_rename(w->dir, MARKER_TEMP, MARKER_NAME, err);
	if (result == 0)
		result = file_sync_parent(w->dir, MARKER_NAME, err);
	marker_abandon(w);
	return result;
}

void marker_abandon(struct marker_writer *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
	str_release(&w->buffer);
}
