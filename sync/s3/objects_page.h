/*
 * objects_page: one page of a bucket's listing (ListObjectsV2).
 */
#ifndef DRYDOCK_SYNC_S3_OBJECTS_PAGE_H
#define DRYDOCK_SYNC_S3_OBJECTS_PAGE_H

#include "sync/s3/xml_fields.h"

/* ListObjectsV2. */
struct s3_object {
	const char *key;  /* owned by the page; as the server says it, prefix included */
	const char *etag; /* owned by the page */
	uint64_t size_bytes;
	int64_t modified_at_ms;
};

struct s3_page {
	struct s3_object *objects; /* owned, `count` of them, in the server's order */
	size_t count;
	bool truncated;   /* there is more: next_token is not NULL */
	char *next_token; /* owned */
	struct str text;  /* owned: holds keys and ETags */
};

void s3_page_free(struct s3_page *page); /* of a page from malloc; NULL is fine */
/*
 * Besides the document's own rules: keys must be strictly ascending, greater than `after` (NULL:
 * anything) and begin with `prefix`, and a truncated page must have a token; otherwise the listing
 * cannot be trusted (G2). `prefix` is then cut off the keys, and `after` is without it. A truncated
 * page may be empty. NULL with ERR_MALFORMED.
 */
struct s3_page *s3_page_parse(const char *xml, size_t len, const char *prefix, const char *after,
                              struct err *err) MUST_CHECK;

#endif
