#include "stage/page/page_files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/page_path.h"
#include "base/stop.h"
#include "db/root/page_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* 1: the file has that text; 0: it has another one, or is not there; -1. */
static int look(const struct page_files *files, const char *path, const struct str *text,
                struct err *err)
{
	AUTO_STR struct str there = STR_INIT((size_t)INT32_MAX);
	struct err problem = ERR_INIT;

	if (file_read_all(files->root->dir, path, &there, &problem) < 0) {
		if (problem.code == ERR_NOT_FOUND)
			return 0;
		*err = problem;
		return -1;
	}
	if (there.len == text->len && memcmp(there.data, text->data, text->len) == 0)
		return 1;
	/* What a power cut has left empty can be nobody's. */
	if (there.len > 0 && !page_path_is_ours(there.data))
		return err_set(err, ERR_REFUSED,
		               "%s is there and not made by drydock: move it away, or the pages "
		               "have no place",
		               path);
	return 0;
}

/*
 * The file is fsynced and the folder is not: what a power cut takes back is the rename, and the
 * page before it is whole, too.
 */
static int replace(const struct page_files *files, const char *path, const struct str *text,
                   struct err *err)
{
	const struct root *root = files->root;
	char name[TMP_NAME_MAX];

	if (root_temp_write(root, str_text(text), text->len, name, err) < 0)
		return -1;
	if (fchmodat(root->tmp, name, FILE_MODE_PUBLIC, 0) == 0 &&
	    renameat(root->tmp, name, root->dir, path) == 0)
		return 0;
	(void)err_sys(err, "put %s", path);
	(void)unlinkat(root->tmp, name, 0);
	return -1;
}

int page_files_put(struct page_files *files, const char *path, const struct str *text,
                   struct err *err)
{
	int same;

	if (stop_check(err) < 0 || str_check(text, path, err) < 0 ||
	    text_set_add(&files->put, path, err) < 0)
		return -1;
	/* The folders first: through one that is a link another tree would be looked at. */
	if (file_make_parents(files->root->dir, path, err) < 0)
		return -1;
	same = look(files, path, text, err);
	if (same < 0)
		return -1;
	files->bytes += text->len;
	if (same) {
		files->unchanged++;
		return 0;
	}
	files->written++;
	return replace(files, path, text, err);
}

/* ---- Pages of repositories that are gone ---------------------------------------------------- */

/* Of the same name, but of another maker: a site's own page that stands beside the catalogue. */
static bool is_made_by_drydock(const struct page_files *files, const char *path)
{
	char start[PAGE_MARK_WITHIN + sizeof(PAGE_MARK)];
	struct err ignored = ERR_INIT;
	AUTO_CLOSE int fd = file_open_read(files->root->dir, path, &ignored);
	AUTO_STR struct str text = STR_INIT(sizeof(start));
	ssize_t got = fd < 0 ? -1 : file_read(fd, start, sizeof(start), path, &ignored);

	if (got <= 0)
		return got == 0;
	return str_add(&text, start, (size_t)got) == 0 && page_path_is_ours(str_text(&text));
}

int page_files_remove_others(struct page_files *files, struct err *err)
{
	struct text_set there = TEXT_SET_INIT;
	int result = page_walk(files->root, &there, err);
	int dir = files->root->dir;

	for (const char *path = text_set_first(&there); result == 0 && path;
	     path = text_set_next(&there, path)) {
		if (text_set_has(&files->put, path) || !is_made_by_drydock(files, path))
			continue;
		result = stop_check(err);
		if (result == 0)
			result = file_remove(dir, path, err);
		if (result == 0)
			result = file_prune_parents(dir, path, err);
		files->removed += result == 0;
	}
	text_set_release(&there);
	return result;
}

void page_files_release(struct page_files *files)
{
	text_set_release(&files->put);
}
