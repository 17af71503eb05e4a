#include "db/root/state_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEPT STATE_FILE ".broken-"

enum { NAME_ATTEMPTS = 100, FILE_NAME_MAX = STATE_KEPT_MAX + 8 };

/* SQLite's own: the log beside the file, its index, or the rollback journal. */
static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A name that nothing has yet; two rescans within a second are told apart by a number. */
static int free_name(int dir, char kept[STATE_KEPT_MAX], struct err *err)
{
	time_t now = time(NULL);
	char at[24];
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &tm))
		return err_set(err, ERR_OTHER, "the clock shows no time");
	for (int i = 1; i <= NAME_ATTEMPTS; i++) {
		if (i == 1)
			(void)snprintf(kept, STATE_KEPT_MAX, KEPT "%s", at);
		else
			(void)snprintf(kept, STATE_KEPT_MAX, KEPT "%s-%d", at, i);
		if (!is_there(dir, kept))
			return 0;
	}
	return err_set(err, ERR_STORAGE, "too many files named " KEPT "%s", at);
}

/* The file goes first: its log without it is nothing, but it without its log is an older state. */
static int set_aside(int dir, char kept[STATE_KEPT_MAX], struct err *err)
{
	char from[FILE_NAME_MAX], to[FILE_NAME_MAX];
	bool any = false;

	kept[0] = '\0';
	for (int i = 0; i < PARTS; i++) {
		(void)snprintf(from, sizeof(from), STATE_FILE "%s", parts[i]);
		any = any || is_there(dir, from);
	}
	if (!any)
		return 0;
	if (free_name(dir, kept, err) < 0)
		return -1;
	for (int i = 0; i < PARTS; i++) {
		(void)snprintf(from, sizeof(from), STATE_FILE "%s", parts[i]);
		(void)snprintf(to, sizeof(to), "%s%s", kept, parts[i]);
		if (renameat(dir, from, dir, to) < 0 && errno != ENOENT)
			return err_sys(err, "rename %s to %s", from, to);
	}
	return file_sync_parent(dir, STATE_FILE, err);
}

int state_file_drop_new(int private_dir, struct err *err)
{
	char name[FILE_NAME_MAX];

	for (int i = 0; i < PARTS; i++) {
		(void)snprintf(name, sizeof(name), STATE_FILE_NEW "%s", parts[i]);
		if (file_remove(private_dir, name, err) < 0)
			return -1;
	}
	return 0;
}

int state_file_replace(int private_dir, char kept[STATE_KEPT_MAX], struct err *err)
{
	/* What SQLite could not write back when the file was closed is still in the log. */
	if (is_there(private_dir, STATE_FILE_NEW "-wal"))
		return err_set(err, ERR_STORAGE,
		               "the rebuilt state file could not be written to its end");
	if (set_aside(private_dir, kept, err) < 0)
		return -1;
	if (renameat(private_dir, STATE_FILE_NEW, private_dir, STATE_FILE) < 0)
		return err_sys(err, "rename " STATE_FILE_NEW " to " STATE_FILE);
	return file_sync_parent(private_dir, STATE_FILE, err);
}

/* The state's file itself, and none of those beside it. */
static bool is_kept(const char *name)
{
	size_t len = strlen(name);

	if (strncmp(name, KEPT, strlen(KEPT)) != 0 || len >= STATE_KEPT_MAX)
		return false;
	for (int i = 1; i < PARTS; i++)
		if (strcmp(name + len - strlen(parts[i]), parts[i]) == 0)
			return false;
	return true;
}

int state_file_newest_kept(int private_dir, char kept[STATE_KEPT_MAX], struct err *err)
{
	AUTO_CLOSE int fd = openat(private_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	kept[0] = '\0';
	if (!dir)
		return err_sys(err, "open folder " LAYOUT_PRIVATE);
	(void)steal_fd(&fd); /* closed with dir */
	errno = 0;
	while ((entry = readdir(dir)) != NULL)
		/* Their names are times. */
		if (is_kept(entry->d_name) && strcmp(entry->d_name, kept) > 0)
			(void)snprintf(kept, STATE_KEPT_MAX, "%s", entry->d_name);
	return errno ? err_sys(err, "read folder " LAYOUT_PRIVATE) : 0;
}
