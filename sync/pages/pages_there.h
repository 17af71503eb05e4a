/* pages_there: which pages the bucket has, by one listing of them. */
#ifndef DRYDOCK_SYNC_PAGES_PAGES_THERE_H
#define DRYDOCK_SYNC_PAGES_PAGES_THERE_H

#include "sync/dispatch/dispatch.h"

#include "base/str.h"

struct pages_there { /* zero-initialise */
	struct str texts;
	struct page_there *list; /* owned; in the order of their keys */
	size_t count, cap;
};

/* Lists what is below page/, and waits for it. */
int pages_there_list(struct pages_there *there, struct dispatch *d, struct err *err) MUST_CHECK;
/* The ETag of a page and its size; NULL: the bucket has none. */
const char *pages_there_find(const struct pages_there *there, const char *path,
                             uint64_t *size_bytes);
/* The page at that place, from 0; NULL behind the last one. */
const char *pages_there_at(const struct pages_there *there, size_t at, const char **etag,
                           uint64_t *size_bytes);
void pages_there_release(struct pages_there *there);

#endif
