#include "db/root/probe.h"

#include "base/file.h"
#include "db/state/meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_NAME  "file_system" /* "<device>", and what of these there is */
#define FOLDS_CASE " folds-case"
#define NO_LINKS   " no-links"
#define NO_SYNC    " no-folder-sync"

enum { TEXT_MAX = 64, DEVICE_MAX = 24 };

/* Files in tmp/. Where a colon begins the name of a stream, the second makes the third. */
#define PROBE        "probe-a"
#define PROBE_UPPER  "PROBE-A"
#define PROBE_COLON  "probe-b:c"
#define PROBE_STREAM "probe-b"
#define PROBE_LINK   "probe-d"

/* A question that is open was put to a disk that is full or failing. */
enum answer { ANSWER_YES, ANSWER_NO, ANSWER_OPEN };

static enum answer make_file(const struct root *root, const char *name, int *error)
{
	struct err err = ERR_INIT;
	int fd;

	(void)unlinkat(root->tmp, name, 0); /* of a run that was killed */
	fd = file_create(root->tmp, name, FILE_MODE_PRIVATE, &err);
	*error = err.sys_errno;
	if (fd < 0)
		return ANSWER_NO;
	(void)close(fd);
	return ANSWER_YES;
}

static bool is_there(const struct root *root, const char *name)
{
	struct stat st;

	return fstatat(root->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Asked when PROBE could be made: an error that is not the disk's is about the name. */
static enum answer has_colons(const struct root *root)
{
	int error;

	if (make_file(root, PROBE_COLON, &error) == ANSWER_YES)
		return is_there(root, PROBE_STREAM) ? ANSWER_NO : ANSWER_YES;
	switch (error) {
	case EINVAL:
	case ENOENT:
	case EILSEQ:
	case EPERM:
	case EACCES:
	case ENOTSUP:
		return ANSWER_NO;
	default:
		return ANSWER_OPEN;
	}
}

static enum answer has_links(const struct root *root)
{
	struct err err = ERR_INIT;
	struct stat st;

	(void)unlinkat(root->tmp, PROBE_LINK, 0);
	if (file_link_or_copy(root->tmp, PROBE, PROBE_LINK, &err) < 0 ||
	    fstatat(root->tmp, PROBE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ANSWER_OPEN;
	return st.st_nlink > 1 ? ANSWER_YES : ANSWER_NO;
}

static enum answer has_folder_sync(const struct root *root)
{
	struct err err = ERR_INIT;

	if (file_sync(root->tmp) == 0)
		return ANSWER_YES;
	return file_sync_parent(root->tmp, PROBE, &err) < 0 ? ANSWER_OPEN : ANSWER_NO;
}

static int refuse(const struct root *root, const char *why, struct err *err)
{
	return err_set(err, ERR_STORAGE, "the file system of %s %s: " FILE_SYSTEM_REMEDY,
	               root->path, why);
}

static void keep(const struct root *root, const char *device, enum answer links,
                 enum answer folder_sync)
{
	struct err err = ERR_INIT;
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%s%s%s%s", device, root->folds_case ? FOLDS_CASE : "",
	               links == ANSWER_NO ? NO_LINKS : "", folder_sync == ANSWER_NO ? NO_SYNC : "");
	/* Not kept, it is found out once more: a full disk must not keep gc from the root. */
	if (root->db && meta_set(root->db, META_NAME, text, &err) < 0)
		return;
	if (root->folds_case)
		event_note(root->sink,
		           "the file system of %s takes upper and lower case for the same: no "
		           "two tags of a repository may differ only in that",
		           root->path);
	if (links == ANSWER_NO)
		event_note(root->sink,
		           "the file system of %s has no hard links: what repositories share is "
		           "copied",
		           root->path);
	if (folder_sync == ANSWER_NO)
		event_note(root->sink,
		           "the file system of %s cannot sync folders: after a power cut, "
		           "drydock verify tells what is lost",
		           root->path);
}

static int ask(struct root *root, const char *device, struct err *err)
{
	enum answer colons, links, folder_sync;
	int error;

	if (make_file(root, PROBE, &error) != ANSWER_YES)
		return 0;
	root->folds_case = is_there(root, PROBE_UPPER);
	colons = has_colons(root);
	if (colons == ANSWER_NO)
		return refuse(root, "has no names with ':', which every blob has in the tree", err);
	links = has_links(root);
	folder_sync = has_folder_sync(root);
	if (colons == ANSWER_YES && links != ANSWER_OPEN && folder_sync != ANSWER_OPEN)
		keep(root, device, links, folder_sync);
	return 0;
}

/* What was found out of the device that `fd` is on: 1, 0 nothing, -1. */
static int recall(struct root *root, int fd, char device[DEVICE_MAX], struct err *err)
{
	char known[TEXT_MAX] = "";
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", root->path);
	(void)snprintf(device, DEVICE_MAX, "%llu", (unsigned long long)st.st_dev);
	if (root->db && meta_get(root->db, META_NAME, known, sizeof(known), err) < 0)
		return -1;
	if (strcspn(known, " ") != strlen(device) || strncmp(known, device, strlen(device)) != 0)
		return 0;
	root->folds_case = strstr(known, FOLDS_CASE);
	return 1;
}

int probe_recall(struct root *root, struct err *err)
{
	char device[DEVICE_MAX];

	return recall(root, root->private_dir, device, err) < 0 ? -1 : 0;
}

int probe_file_system(struct root *root, struct err *err)
{
	static const char *const names[] = {PROBE, PROBE_COLON, PROBE_STREAM, PROBE_LINK};
	char device[DEVICE_MAX];
	int result = recall(root, root->tmp, device, err);

	if (result != 0)
		return result < 0 ? -1 : 0;
	result = ask(root, device, err);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlinkat(root->tmp, names[i], 0);
	return result;
}
