/*
 * xml_fields: what the parsers of S3's XML answers share: limits, and how a field's text becomes a
 * value. All of them are pure, take hostile input, and refuse what is cut, has another root
 * element, or lacks what is required.
 *
 * ETags are kept without their quotes, in the server's case; "" means that the server gave none.
 * Times are milliseconds since 1970, UTC; -1 when the server gave none or none that can be read.
 * Source: Amazon S3 API Reference, the "Response Syntax" of each operation.
 */
#ifndef DRYDOCK_SYNC_S3_XML_FIELDS_H
#define DRYDOCK_SYNC_S3_XML_FIELDS_H

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

/* ERR_MALFORMED with `what`. Returns -1. */
int s3_malformed(struct err *err, const char *what);
/* -1 with ERR_MALFORMED unless the root element is the expected …Result, or its …Response. */
int s3_expect_root(const char *expected, const char *found, struct err *err) MUST_CHECK;

/* Digits only, at most `max`; -1 otherwise. */
int s3_parse_number(const char *text, uint64_t max, uint64_t *value) MUST_CHECK;
/* Takes the quotes and the mark of a weak one off; -1 when too long or holding what no header may.
 */
int s3_parse_etag(char etag[ETAG_MAX + 1], const char *text) MUST_CHECK;
/* Milliseconds, or -1 when it is no time. */
int64_t s3_parse_time(const char *text);

/*
 * Appends `text` and its NUL to a page's texts and returns the offset; 0 when it does not fit.
 * s3_texts_init puts an empty text at offset 0, so that 0 also stands for a text not seen.
 */
size_t s3_texts_keep(struct str *texts, const char *text);
int s3_texts_init(struct str *texts, size_t max);
/* Undoes encoding-type=url on the text at `offset`, in place. */
int s3_texts_decode(struct str *texts, size_t offset);

#endif
