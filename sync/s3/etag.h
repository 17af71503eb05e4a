/*
 * etag: the arithmetic of S3's ETags, and the one place that compares them: servers give the same
 * ETag in upper or lower case. Pure.
 *
 *     single PUT            MD5 of the bytes, in hex
 *     multipart, N parts    MD5 of the concatenated binary MD5s of the parts, "-N"
 *     anything else         opaque: it says nothing about the bytes (SSE-KMS, SSE-C, some servers)
 *
 * Source: Amazon S3 User Guide, "Checking object integrity", and what the services do.
 */
#ifndef DRYDOCK_SYNC_S3_ETAG_H
#define DRYDOCK_SYNC_S3_ETAG_H

#include "base/err.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ETAG_TEXT_MAX = 2 * MD5_BYTES + 1 + 10 + 1, /* hex, "-", parts, NUL */
	ETAG_CANDIDATES_MAX = 10,
};

struct etag { /* a value */
	uint8_t md5[MD5_BYTES];
	uint32_t parts; /* 0: of a single PUT */
};

/* False when the text (without quotes) is opaque. Hex of either case. */
bool etag_parse(struct etag *etag, const char *text);
/* Writes lower-case hex, as S3 does. Returns `text`. */
const char *etag_text(const struct etag *etag, char text[ETAG_TEXT_MAX]);
bool etag_equal(const struct etag *a, const struct etag *b);
/* Of two texts without quotes, as servers gave them or the state has them: opaque ones as texts. */
bool etag_same(const char *a, const char *b);
/* Whether the text is the ETag of bytes with this MD5 that were sent in one piece: "-1" as well. */
bool etag_is_md5(const char *text, const uint8_t md5[MD5_BYTES]);

struct etag etag_of_md5(const uint8_t md5[MD5_BYTES]);
/* `composite` is the MD5 of the part MD5s (blob_composite_get of db/state/blob.h). */
struct etag etag_of_composite(const uint8_t composite[MD5_BYTES], uint32_t parts);
/* Does the arithmetic on the MD5s of `parts` parts. */
int etag_of_parts(struct etag *etag, const uint8_t (*part_md5)[MD5_BYTES], uint32_t parts,
                  struct err *err) MUST_CHECK;

/*
 * The part sizes that other tools use (E1) and that cut `size_bytes` into
 * exactly `parts` parts, smallest first. Returns how many. None for fewer than two parts: "-1" is
 * the MD5 of the MD5, whatever the part size.
 */
int etag_candidates(uint64_t size_bytes, uint32_t parts, uint64_t part_bytes[ETAG_CANDIDATES_MAX]);

#endif
