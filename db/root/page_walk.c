#include "db/root/page_walk.h"

#include "base/cleanup.h"
#include "base/page_path.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 140 }; /* a repository name of 255 bytes has at most 128 components */

struct walk {
	int root;
	struct str path; /* where the walk is */
	struct text_set *paths;
};

static int visit(struct walk *w, unsigned depth, struct err *err);

static int visit_folder(struct walk *w, unsigned depth, struct err *err)
{
	AUTO_CLOSE int fd = openat(w->root, str_text(&w->path),
	                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t len = w->path.len;

	if (!dir)
		return fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		               ? 0
		               : err_sys(err, "open %s", str_text(&w->path));
	(void)steal_fd(&fd);
	while ((errno = 0, entry = readdir(dir))) {
		int result;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)str_addf(&w->path, "/%s", entry->d_name);
		/* What is too long is no page. */
		result = w->path.failed ? 0 : visit(w, depth, err);
		w->path.len = len;
		w->path.data[len] = '\0';
		w->path.failed = false;
		if (result < 0)
			return -1;
	}
	return errno ? err_sys(err, "read %s", str_text(&w->path)) : 0;
}

static int visit(struct walk *w, unsigned depth, struct err *err)
{
	struct stat st;

	if (stop_check(err) < 0)
		return -1;
	if (fstatat(w->root, str_text(&w->path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", str_text(&w->path));
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? visit_folder(w, depth + 1, err) : 0;
	if (!S_ISREG(st.st_mode) || !page_path_is_one(str_text(&w->path)))
		return 0;
	return text_set_add(w->paths, str_text(&w->path), err) < 0 ? -1 : 0;
}

int page_walk(const struct root *root, struct text_set *paths, struct err *err)
{
	struct walk w = {root->dir, STR_INIT(PAGE_PATH_MAX), paths};
	int result;

	(void)str_adds(&w.path, PAGE_FOLDER);
	result = visit_folder(&w, 0, err);
	str_release(&w.path);
	return result;
}

bool page_walk_would_find(const struct root *root, const char *path)
{
	char part[PAGE_PATH_MAX];
	struct stat st;

	for (size_t i = 0; path[i]; i++) {
		if (i + 1 >= sizeof(part))
			return false;
		part[i] = '\0';
		if (path[i] == '/' && i > 0 &&
		    (fstatat(root->dir, part, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		     !S_ISDIR(st.st_mode)))
			return false;
		part[i] = path[i];
	}
	return true;
}
