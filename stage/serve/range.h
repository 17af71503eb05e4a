/*
 * range: which bytes of a blob a Range header asks for (RFC 9110, 14). Pure.
 *
 * The header comes from anyone. More than RANGES_MAX ranges, and ranges that ask for more bytes
 * than there are because they overlap, are refused as if none of them could be met (H4).
 */
#ifndef DRYDOCK_STAGE_SERVE_RANGE_H
#define DRYDOCK_STAGE_SERVE_RANGE_H

#include <stddef.h>
#include <stdint.h>

enum { RANGES_MAX = 16 };

struct byte_range {
	uint64_t first, length; /* length is at least 1 */
};

struct ranges {
	struct byte_range list[RANGES_MAX]; /* in the order of the header */
	size_t count;
};

enum range_answer {
	RANGE_WHOLE,         /* 200: no header, another unit, or one that breaks the grammar */
	RANGE_PARTS,         /* 206: `ranges` has one or more */
	RANGE_UNSATISFIABLE, /* 416 */
};

/* `header` may be NULL. `size_bytes` is that of the blob. */
enum range_answer ranges_parse(struct ranges *ranges, const char *header, uint64_t size_bytes);

#endif
