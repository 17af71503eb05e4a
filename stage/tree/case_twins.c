#include "stage/tree/case_twins.h"

#include "base/layout.h"
#include "db/state/tag.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct looking {
	const char *tag; /* borrowed */
	char twin[TAG_MAX + 1];
};

static int note_twin(void *context, const struct tag_row *row, struct err *err)
{
	struct looking *l = context;

	(void)err;
	if (strcasecmp(row->name, l->tag) == 0 && strcmp(row->name, l->tag) != 0)
		(void)snprintf(l->twin, sizeof(l->twin), "%s", row->name);
	return 0;
}

static void to_lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* What is there may be a file that nothing accounts for: that is replaced. */
static int find_twin(const struct root *root, const char *repo, const char *tag, struct err *err)
{
	struct looking l = {.tag = tag};

	if (tag_each(root->db, repo, TAGS_LIVE, note_twin, &l, err) < 0)
		return -1;
	if (!l.twin[0])
		return 0;
	return err_set(
		err, ERR_REFUSED,
		"tag %s:%s and tag %s:%s would be one file: the file system of %s does not tell "
		"upper from lower case; choose another tag, or put the root on one that does",
		repo, tag, repo, l.twin, root->path);
}

int case_twins_check(struct case_twins *twins, const struct root *root, const char *repo,
                     const char *tag, struct err *err)
{
	char key[KEY_MAX];
	struct stat st;
	int fresh;

	if (!root->folds_case)
		return 0;
	(void)layout_tag(key, repo, tag);
	if (fstatat(root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return find_twin(root, repo, tag, err);
	to_lower(key);
	fresh = text_set_add(&twins->met, key, err);
	if (fresh != 0)
		return fresh < 0 ? -1 : 0;
	return find_twin(root, repo, tag, err);
}

void case_twins_release(struct case_twins *twins)
{
	text_set_release(&twins->met);
}
