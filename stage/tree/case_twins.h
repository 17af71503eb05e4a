/*
 * case_twins: tags that differ in upper and lower case only. They are two tags, and one file where
 * the file system folds case, as a Mac's does: the second is refused there (K12).
 */
#ifndef DRYDOCK_STAGE_TREE_CASE_TWINS_H
#define DRYDOCK_STAGE_TREE_CASE_TWINS_H

#include "base/text_set.h"
#include "db/root/root.h"

struct case_twins {
	struct text_set met; /* keys of tags, in lower case, that are not in the tree yet */
};

#define CASE_TWINS_INIT                                                                            \
	{                                                                                          \
		TEXT_SET_INIT                                                                      \
	}

/* Before a tag that the state does not have is put into the tree. ERR_REFUSED for a twin. */
int case_twins_check(struct case_twins *twins, const struct root *root, const char *repo,
                     const char *tag, struct err *err) MUST_CHECK;
void case_twins_release(struct case_twins *twins);

#endif
