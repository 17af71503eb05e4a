/*
 * xz_window: follows .xz streams as they go by, before a decoder sees them, and refuses a block
 * that wants too large a dictionary: the decoder would allocate it at once. Every block of every
 * stream names one of its own. Nothing is decoded: the chunks of LZMA2 tell their lengths.
 *
 *     struct xz_window window;
 *     xz_window_init(&window, 128u << 20);
 *     xz_window_see(&window, piece, len, err)        each piece, in order, however it is cut
 *
 * What breaks the format is ERR_MALFORMED: what this could not follow the decoder could not either.
 * Check sums and the end of the input are the decoder's.
 *
 * Source: The .xz File Format 1.1, tukaani.org/xz/xz-file-format.txt; LZMA2's chunks as xz-embedded
 * has them (xz_dec_lzma2.c).
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_XZ_WINDOW_H
#define DRYDOCK_STAGE_ARCHIVE_XZ_WINDOW_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum xz_window_state {
	XZ_STREAM_HEADER,
	XZ_BLOCK_SIZE,   /* or the index, whose first byte is 0 */
	XZ_BLOCK_HEADER, /* from the byte behind the size */
	XZ_CHUNK,        /* its control byte */
	XZ_CHUNK_HEADER,
	XZ_INDEX_COUNT, /* numbers of seven bits a byte */
	XZ_INDEX_RECORDS,
	XZ_STREAM_PADDING, /* zeros between streams, or the next one */
};

struct xz_window {
	uint64_t max_bytes; /* of a dictionary */
	enum xz_window_state state;
	uint64_t skip_bytes; /* that pass unseen, before the state's own */
	uint8_t buffer[1024];
	size_t have, need; /* bytes in the buffer, and how many the state wants */
	size_t check_bytes;
	uint64_t block_bytes; /* of chunks so far */
	uint64_t index_bytes;
	uint64_t number, numbers; /* of the index: the one that is read, and how many are left */
	unsigned number_bits;
};

void xz_window_init(struct xz_window *w, uint64_t max_bytes);
int xz_window_see(struct xz_window *w, const void *data, size_t len, struct err *err) MUST_CHECK;

#endif
