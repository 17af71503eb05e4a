/*
 * list_page: some of the entries of a list that base/listing rendered: tags/list or _catalog, which
 * are byte-sorted and whose entries need no escapes. Pure.
 *
 * Source: OCI distribution-spec 1.1, "Listing Tags" (n, last, Link).
 */
#ifndef DRYDOCK_STAGE_SERVE_LIST_PAGE_H
#define DRYDOCK_STAGE_SERVE_LIST_PAGE_H

#include "base/name.h"
#include "base/str.h"

#include <stdint.h>

struct page_wish {
	uint64_t n;       /* entries at most; UINT64_MAX: all */
	const char *last; /* only those behind it; "": from the first */
};

/*
 * Appends the list with those entries alone. `next` becomes the `last` of the page that follows, or
 * "" when this is the last page; after n = 0 none follows. ERR_MALFORMED when `document` is no list
 * as drydock makes it.
 */
int list_page(struct str *out, const char *document, size_t len, const struct page_wish *wish,
              char next[REPO_MAX + 1], struct err *err) MUST_CHECK;

#endif
