/*
 * page_index: the list of index.html, a repository and a line each, so that what several roots have
 * written can be put together in the bucket that they share. Pure.
 */
#ifndef DRYDOCK_BASE_PAGE_INDEX_H
#define DRYDOCK_BASE_PAGE_INDEX_H

#include "base/text_set.h"

#include <stdint.h>

/* How the list and each of its lines begin, and how they end. */
#define PAGE_INDEX_LIST     "<ul class=\"rows\" id=\"list\""
#define PAGE_INDEX_LIST_END "</ul>\n"
#define PAGE_INDEX_ROW      "<li><a href=\""
#define PAGE_INDEX_TAGS     "<span class=\"n\">"
#define PAGE_INDEX_ROW_END  "</li>\n"

/* "<p id="counts">2 repositories, 5 tags.</p>", which page_index_merge counts anew. */
void page_index_counts(struct str *out, uint64_t repositories, uint64_t tags);

/*
 * Appends `ours` with those lines of `theirs` that are of repositories which `ours` has not, and
 * `known` (a set of names) has: 1 there were some, 0 none, -1 with ERR_MALFORMED when one of both
 * is no such index. A line of theirs that is not made as ours are is left out.
 */
int page_index_merge(struct str *out, const char *ours, const char *theirs,
                     const struct text_set *known, struct err *err) MUST_CHECK;

#endif
