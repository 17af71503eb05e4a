/*
 * page_files: the files of the pages in the root. Each is replaced whole, by rename, and only where
 * it changes; what another program put there is left alone.
 *
 *     struct page_files files = PAGE_FILES_INIT(root);
 *     page_files_put(&files, PAGE_INDEX, &text, err) …        any number of times
 *     page_files_remove_others(&files, err)                   pages that were not put
 *     page_files_release(&files)
 */
#ifndef DRYDOCK_STAGE_PAGE_PAGE_FILES_H
#define DRYDOCK_STAGE_PAGE_PAGE_FILES_H

#include "base/text_set.h"
#include "db/root/root.h"

struct page_files {
	const struct root *root; /* borrowed; opened for writing */
	struct text_set put;     /* paths */
	uint64_t written, unchanged, removed;
	uint64_t bytes; /* of all that were put */
};

#define PAGE_FILES_INIT(root)                                                                      \
	{                                                                                          \
		(root), TEXT_SET_INIT, 0, 0, 0, 0                                                  \
	}

/* ERR_REFUSED when a file is there that is no page of drydock's. */
int page_files_put(struct page_files *files, const char *path, const struct str *text,
                   struct err *err) MUST_CHECK;
int page_files_remove_others(struct page_files *files, struct err *err) MUST_CHECK;
void page_files_release(struct page_files *files);

#endif
