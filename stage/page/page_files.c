#include "stage/page/page_files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/page_path.h"
#include "base/stop.h"
#include "stage/page/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 140 }; /* a repository name of 255 bytes has at most 128 components */

/* Whether the file begins as drydock's pages do. */
static bool is_ours(const struct str *text)
{
	const char *mark = text->data ? strstr(text->data, FRAME_MARK) : NULL;

	return mark && mark - text->data < FRAME_MARK_WITHIN;
}

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
	if (there.len > 0 && !is_ours(&there))
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

/* Whether the entry can be a page, or hold some: the grammar decides when the path is whole. */
static int visit(struct page_files *files, struct str *path, struct text_set *gone, unsigned depth,
                 struct err *err);

static int visit_folder(struct page_files *files, struct str *path, struct text_set *gone,
                        unsigned depth, struct err *err)
{
	AUTO_CLOSE int fd = openat(files->root->dir, str_text(path),
	                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t len = path->len;

	/* What is no folder of ours is left alone. */
	if (!dir)
		return fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		               ? 0
		               : err_sys(err, "open %s", str_text(path));
	(void)steal_fd(&fd);
	while ((errno = 0, entry = readdir(dir))) {
		int result;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)str_addf(path, "/%s", entry->d_name);
		result = path->failed ? 0 : visit(files, path, gone, depth, err);
		path->len = len;
		path->data[len] = '\0';
		path->failed = false;
		if (result < 0)
			return -1;
	}
	return errno ? err_sys(err, "read %s", str_text(path)) : 0;
}

static int visit(struct page_files *files, struct str *path, struct text_set *gone, unsigned depth,
                 struct err *err)
{
	struct stat st;

	if (stop_check(err) < 0)
		return -1;
	if (fstatat(files->root->dir, str_text(path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", str_text(path));
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? visit_folder(files, path, gone, depth + 1, err) : 0;
	if (!S_ISREG(st.st_mode) || !page_path_is_one(str_text(path)) ||
	    text_set_has(&files->put, str_text(path)))
		return 0;
	return text_set_add(gone, str_text(path), err) < 0 ? -1 : 0;
}

static int remove_pages(struct page_files *files, const struct text_set *gone, struct err *err)
{
	for (const char *path = text_set_first(gone); path; path = text_set_next(gone, path)) {
		if (stop_check(err) < 0 || file_remove(files->root->dir, path, err) < 0 ||
		    file_prune_parents(files->root->dir, path, err) < 0)
			return -1;
		files->removed++;
	}
	return 0;
}

int page_files_remove_others(struct page_files *files, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(PAGE_PATH_MAX);
	struct text_set gone = TEXT_SET_INIT;
	int result;

	(void)str_adds(&path, PAGE_FOLDER);
	result = visit_folder(files, &path, &gone, 0, err);
	if (result == 0)
		result = remove_pages(files, &gone, err);
	text_set_release(&gone);
	return result;
}

void page_files_release(struct page_files *files)
{
	text_set_release(&files->put);
}
