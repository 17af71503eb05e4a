/*
 * page: the catalogue of a root for people: static pages that a browser reads from any web server
 * or bucket, beside the registry. They follow from the root alone: what did not change is not
 * written again.
 *
 *     struct page_wish wish = {.title = "Images", .pull_host = "images.example.org"};
 *     if (page_write(&root, &wish, sink, &result, err) < 0) …
 */
#ifndef DRYDOCK_STAGE_PAGE_PAGE_H
#define DRYDOCK_STAGE_PAGE_PAGE_H

#include "base/event.h"
#include "db/root/root.h"

#define PAGE_TITLE "Container images" /* the default */

struct page_wish {
	const char *title; /* borrowed; what the catalogue is called; NULL: PAGE_TITLE */
	const char
		*pull_host; /* borrowed; HOST[:PORT] of the commands; NULL: the page's own host */
};

struct page_result {
	uint64_t repositories, tags;
	uint64_t written, unchanged, removed; /* files */
	uint64_t bytes;                       /* of all pages */
};

/*
 * Writes all pages into a root that is open for writing, those of repositories first, the index
 * last, and then removes what no repository has any more. A document of the tree that cannot be
 * read is a warning, and its image says so. Memory is bounded by the largest repository.
 */
int page_write(struct root *root, const struct page_wish *wish, const struct event_sink *sink,
               struct page_result *result, struct err *err) MUST_CHECK;

#endif
