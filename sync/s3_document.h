/*
 * s3_document: the XML documents that S3 answers with, as values. The parsers are pure, take
 * hostile input, and refuse what is cut, has another root element, or lacks what is required.
 *
 * ETags are kept without their quotes; "" means that the server gave none. Times are milliseconds
 * since 1970, UTC; -1 when the server gave none or none that can be read.
 * Source: Amazon S3 API Reference, the "Response Syntax" of each operation.
 */
#ifndef DRYDOCK_SYNC_S3_DOCUMENT_H
#define DRYDOCK_SYNC_S3_DOCUMENT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ETAG_MAX = 128, /* bytes without quotes; longer ones are refused */
	UPLOAD_ID_MAX = 1024,
	S3_TOKEN_MAX = 8192, /* continuation tokens and markers */
	S3_PAGE_MAX = 1000,  /* entries a page may have */
	S3_CODE_MAX = 64,
	S3_MESSAGE_MAX = 512,
};

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
 * anything) and begin with `prefix`, and a truncated page must have a token and at least one key;
 * otherwise the listing cannot be trusted (S2). `prefix` is then cut off the keys. NULL with
 * ERR_MALFORMED.
 */
struct s3_page *s3_page_parse(const char *xml, size_t len, const char *prefix, const char *after,
                              struct err *err) MUST_CHECK;

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
struct s3_parts *s3_parts_parse(const char *xml, size_t len, struct err *err) MUST_CHECK;

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

/* <Error>, also inside a 200 of Complete and Copy. */
struct s3_fault {
	char code[S3_CODE_MAX + 1];       /* "" when there was no readable <Error> */
	char message[S3_MESSAGE_MAX + 1]; /* printable */
	char region[64];                  /* <Region>, or "" */
	char bucket[256];                 /* <BucketName>, or "" */
	int64_t server_time_ms;           /* <ServerTime>, -1 if none */
};

/* Reads what it can and never fails: error bodies are HTML from a proxy as often as not. */
void s3_fault_parse(struct s3_fault *fault, const char *xml, size_t len);

/* What Initiate, Complete, CopyObject and UploadPartCopy bring. */
struct s3_receipt {
	char upload_id[UPLOAD_ID_MAX + 1]; /* Initiate only */
	char etag[ETAG_MAX + 1];           /* the others; "" if the server left it empty */
	int64_t modified_at_ms;            /* Copy */
};

/*
 * `root` is the element expected ("CompleteMultipartUploadResult"). 0 with *receipt filled in; 1
 * when the document is an <Error>, with *fault filled in; -1 when it is cut or something else.
 */
int s3_receipt_parse(struct s3_receipt *receipt, struct s3_fault *fault, const char *root,
                     const char *xml, size_t len, struct err *err) MUST_CHECK;

#endif
