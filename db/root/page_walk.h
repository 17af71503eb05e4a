/* page_walk: the pages for people (base/page_path.h) that lie in a root, beside the tree. */
#ifndef DRYDOCK_DB_ROOT_PAGE_WALK_H
#define DRYDOCK_DB_ROOT_PAGE_WALK_H

#include "base/text_set.h"
#include "db/root/root.h"

/*
 * Adds the paths of the pages below page/, in no particular order: regular files whose paths can be
 * one. Links are not followed; all else is left alone. The index is not among them.
 */
int page_walk(const struct root *root, struct text_set *paths, struct err *err) MUST_CHECK;

/*
 * Whether the folders above this page are there, and none is a link: below one that is there is no
 * page of drydock's making.
 */
bool page_walk_would_find(const struct root *root, const char *path);

#endif
