#include "stage/tree/walk.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 140 }; /* a repository name of 255 bytes has at most 128 components */

struct tree {
	tree_fn fn, in_the_way;
	void *context;
	char key[KEY_MAX];
};

static int walk_folder(struct tree *tree, int parent, const char *name, size_t len, unsigned depth,
                       struct err *err);

static int visit_entry(struct tree *tree, int dir, const char *name, size_t len, unsigned depth,
                       struct err *err)
{
	size_t room = sizeof(tree->key) - len;
	int wrote = snprintf(tree->key + len, room, "/%s", name);
	struct key_parts parts;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", tree->key);
	if (S_ISDIR(st.st_mode) && tree->in_the_way && layout_parse(&parts, tree->key) &&
	    parts.object_class != CLASS_PING && tree->in_the_way(tree->context, tree->key, err) < 0)
		return -1;
	if (S_ISDIR(st.st_mode) && (size_t)wrote < room && depth < DEPTH_MAX)
		return walk_folder(tree, dir, name, len + (size_t)wrote, depth + 1, err);
	return tree->fn(tree->context, tree->key, err);
}

static int walk_folder(struct tree *tree, int parent, const char *name, size_t len, unsigned depth,
                       struct err *err)
{
	AUTO_CLOSE int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_DIR DIR *dir = NULL;
	const struct dirent *entry;
	int folder, result = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open %s", tree->key);
	dir = fdopendir(fd);
	if (!dir)
		return err_sys(err, "open %s", tree->key);
	folder = steal_fd(&fd);
	while (result == 0 && (errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		result = stop_check(err);
		if (result == 0)
			result = visit_entry(tree, folder, entry->d_name, len, depth, err);
		tree->key[len] = '\0';
	}
	if (result == 0 && errno)
		return err_sys(err, "read %s", tree->key);
	return result;
}

int tree_walk(int root_dir, tree_fn fn, tree_fn in_the_way, void *context, struct err *err)
{
	struct tree tree = {fn, in_the_way, context, "v2"};

	return walk_folder(&tree, root_dir, "v2", 2, 0, err);
}
