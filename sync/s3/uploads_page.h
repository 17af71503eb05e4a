/*
 * uploads_page: what is under way in a bucket: the parts of an upload (ListParts), and the uploads
 * (ListMultipartUploads).
 */
#ifndef DRYDOCK_SYNC_S3_UPLOADS_PAGE_H
#define DRYDOCK_SYNC_S3_UPLOADS_PAGE_H

#include "sync/s3/xml_fields.h"

/* ListParts. */
struct s3_part {
	uint32_t number; /* from 1 */
	uint64_t size_bytes;
	char etag[ETAG_MAX + 1];
};

struct s3_parts {
	struct s3_part *parts; /* owned, ascending by number */
	size_t count;
	bool truncated;
	uint32_t next_marker; /* the number to go on after, when truncated */
};

void s3_parts_free(struct s3_parts *parts);
/*
 * The numbers must be strictly ascending and greater than `after`, or a server that ignores the
 * marker would be asked for ever. NULL with ERR_MALFORMED.
 */
struct s3_parts *s3_parts_parse(const char *xml, size_t len, uint32_t after,
                                struct err *err) MUST_CHECK;

/* ListMultipartUploads. */
struct s3_upload {
	const char *key; /* owned by the page, prefix included */
	const char *id;  /* owned by the page */
	int64_t initiated_at_ms;
};

struct s3_uploads {
	struct s3_upload *uploads; /* owned */
	size_t count;
	bool truncated;
	char *next_key; /* owned; both markers when truncated */
	char *next_id;  /* owned; "" when the server gave none */
	struct str text;
};

void s3_uploads_free(struct s3_uploads *uploads);
/* As s3_page_parse cuts `prefix` off the keys; a key without it is refused. */
struct s3_uploads *s3_uploads_parse(const char *xml, size_t len, const char *prefix,
                                    struct err *err) MUST_CHECK;

#endif
