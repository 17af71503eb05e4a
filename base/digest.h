/*
 * digest: the content address of the OCI image specification (descriptor.md, "Digests"):
 *
 *     digest ::= algorithm ":" encoded          sha256:<64 lower-case hex>, sha512:<128 …>
 *
 * A value type: copy it, compare it, keep it in arrays. Text exists only at the edges (documents,
 * paths, keys, output). Only registered algorithms with exactly their length of lower-case hex
 * parse, so that a `struct digest` can safely become a path component.
 */
#ifndef DRYDOCK_BASE_DIGEST_H
#define DRYDOCK_BASE_DIGEST_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum digest_alg {
	DIGEST_NONE = 0, /* the zero value: no digest */
	DIGEST_SHA256 = 1,
	DIGEST_SHA512 = 2,
};

enum {
	DIGEST_BYTES_MAX = 64,
	DIGEST_TEXT_MAX = 7 + 128 + 1,          /* "sha512:" + hex + NUL */
	DIGEST_BLOB_MAX = 1 + DIGEST_BYTES_MAX, /* the form stored in the state */
	DIGEST_SHORT_HEX =
		12 /* hex digits that people are shown: no two of a registry share them */
};

struct digest {
	enum digest_alg alg;
	uint8_t bytes[DIGEST_BYTES_MAX]; /* the first digest_size(alg) count, the rest is zero */
};

size_t digest_size(enum digest_alg alg);      /* 32 or 64 */
const char *digest_alg_name(enum digest_alg); /* "sha256" */

/*
 * Parses exactly `len` bytes. On failure ERR_MALFORMED quoting (a bounded part of) the text, and
 * *d is DIGEST_NONE.
 */
int digest_parse(struct digest *d, const char *text, size_t len, struct err *err) MUST_CHECK;
/* As digest_parse, where a text that is no digest is no error. */
bool digest_parse_quiet(struct digest *d, const char *text, size_t len);

struct digest digest_from_sha256(const uint8_t sha256[32]);

/* Writes "alg:hex" and returns `text`, for use as an argument. */
const char *digest_text(const struct digest *d, char text[DIGEST_TEXT_MAX]);
/* Writes the hex part only. */
const char *digest_hex(const struct digest *d, char text[DIGEST_TEXT_MAX]);

bool digest_equal(const struct digest *a, const struct digest *b);
int digest_compare(const struct digest *a, const struct digest *b); /* a total order, for qsort */

/*
 * The form in the state file: one byte algorithm, then the hash. Returns the length written, and
 * false from digest_from_blob when the bytes are no digest.
 */
size_t digest_to_blob(const struct digest *d, uint8_t blob[DIGEST_BLOB_MAX]);
bool digest_from_blob(struct digest *d, const void *blob, size_t len);

#endif
