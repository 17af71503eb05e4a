#include "db/root/preview.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "db/root/open.h"
#include "db/root/probe.h"
#include "db/root/publication.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has(int dir, const char *path, bool with_bytes)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && (!with_bytes || st.st_size > 0);
}

/* Opens the folder that the root would be made in: one that is there, for what it holds alone. */
static int open_parent(const char *path, struct err *err)
{
	AUTO_FREE char *parent = strdup(path);
	size_t len;
	char *slash;
	int fd;

	if (!parent)
		return err_memory(err);
	for (len = strlen(parent); len > 1 && parent[len - 1] == '/'; len--)
		parent[len - 1] = '\0';
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		cleanup_close(&fd);
	return fd < 0 ? err_sys(err, "make registry root %s", path) : fd;
}

/* 1 when there is a root, or what once was one; 0 when one would be made, in root->tmp; -1. */
static int find(struct root *root, const char *path, struct err *err)
{
	root->tmp = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->tmp < 0 && errno != ENOENT)
		return err_sys(err, "open registry root %s", path);
	if (root->tmp < 0) {
		root->tmp = open_parent(path, err);
		return root->tmp < 0 ? -1 : 0;
	}
	return has(root->tmp, LAYOUT_PRIVATE "/" STATE_FILE, true) || has(root->tmp, "v2", false);
}

static int open_present(struct root *root, const char *path, const struct event_sink *sink,
                        struct err *err)
{
	int pending;

	if (root_open(root, path, ROOT_READ, 0, sink, err) < 0)
		return -1;
	if (probe_recall(root, err) < 0)
		return -1;
	pending = publication_pending(root->db, err);
	if (pending > 0)
		event_warning(sink,
		              "an interrupted run is not finished: what it has begun counts as "
		              "missing here, and is there once the next run has finished it");
	root->tmp = fcntl(root->dir, F_DUPFD_CLOEXEC, 0);
	if (root->tmp < 0)
		return err_sys(err, "open %s", path);
	return pending < 0 ? -1 : 0;
}

int root_preview(struct root *root, const char *path, const struct event_sink *sink,
                 struct err *err)
{
	int found;

	*root = (struct root)ROOT_INIT;
	found = find(root, path, err);
	if (found != 0) {
		root_close(root);
		return found < 0 ? -1 : open_present(root, path, sink, err);
	}
	root->path = strdup(path);
	if (!root->path)
		return err_memory(err);
	root->sink = sink;
	root->db = db_open(":memory:", DB_CREATE, err);
	if (!root->db)
		return -1;
	event_note(sink, "a new registry root would be made: %s", path);
	return 0;
}
