#include "db/root/change_count.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/state/meta.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define META_NAME "changes"
#define FILE_NAME "changes"

enum { TEXT_MAX = 24 };

static uint64_t number_of(const char *text)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	return *end == '\0' || *end == '\n' ? number : 0;
}

int change_count_of_tree(const struct root *root, uint64_t *count, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(TEXT_MAX);
	int got = file_read_all(root->private_dir, FILE_NAME, &text, err);

	*count = got == 0 ? number_of(str_text(&text)) : 0;
	return got < 0 && err_lacks_descriptors(err) ? -1 : 0;
}

static int count_of_state(struct db *db, uint64_t *count, struct err *err)
{
	char text[TEXT_MAX];
	int got = meta_get(db, META_NAME, text, sizeof(text), err);

	*count = got > 0 ? number_of(text) : 0;
	return got < 0 ? -1 : 0;
}

int change_count_check(struct db *db, uint64_t of_tree, struct err *err)
{
	uint64_t of_state;

	if (count_of_state(db, &of_state, err) < 0)
		return -1;
	if (of_state >= of_tree)
		return 0;
	return err_set(err, ERR_NO_STATE,
	               "the state is older than the tree: it knows of %" PRIu64 " of %" PRIu64
	               " changes, as after restoring a backup of it",
	               of_state, of_tree);
}

int change_count_set(struct db *db, uint64_t count, struct err *err)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%" PRIu64, count);
	return meta_set(db, META_NAME, text, err);
}

int change_count_add(struct db *db, struct err *err)
{
	uint64_t count;

	return count_of_state(db, &count, err) < 0 ? -1 : change_count_set(db, count + 1, err);
}

/* Replaced, not overwritten: a backup may hold a hard link of the file. */
static int write_file(const struct root *root, const char *text, size_t len, struct err *err)
{
	static const char step[] = "tmp/" FILE_NAME;
	AUTO_CLOSE int fd = -1;

	if (file_remove(root->private_dir, step, err) < 0)
		return -1;
	fd = file_create(root->private_dir, step, FILE_MODE_PUBLIC, err);
	if (fd < 0 || file_write(fd, text, len, step, err) < 0)
		return -1;
	return file_rename(root->private_dir, step, FILE_NAME, err);
}

int change_count_show(const struct root *root, struct err *err)
{
	char text[TEXT_MAX];
	uint64_t count;
	int len;

	if (root->rebuilding)
		return 0;
	if (count_of_state(root->db, &count, err) < 0)
		return -1;
	len = snprintf(text, sizeof(text), "%" PRIu64 "\n", count);
	if (write_file(root, text, (size_t)len, err) == 0)
		return 0;
	/* A lower count only notices less, and gc and untag must work on a full disk. */
	return err->sys_errno == ENOSPC || err->sys_errno == EDQUOT ? 0 : -1;
}
