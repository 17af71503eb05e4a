#include "stage/archive/xz_window.h"

#include <inttypes.h>
#include <string.h>

enum { HEADER_BYTES = 12, FOOTER_BYTES = 12, CRC_BYTES = 4, FILTER_LZMA2 = 0x21 };

static const uint8_t MAGIC[6] = {0xfd, '7', 'z', 'X', 'Z', 0};

static int malformed(const char *what, struct err *err)
{
	return err_set(err, ERR_MALFORMED, "xz: %s is not valid", what);
}

/* The state's next bytes are collected until there are `need`. */
static void expect(struct xz_window *w, enum xz_window_state state, size_t need)
{
	w->state = state;
	w->have = 0;
	w->need = need;
}

void xz_window_init(struct xz_window *w, uint64_t max_bytes)
{
	memset(w, 0, sizeof(*w));
	w->max_bytes = max_bytes;
	expect(w, XZ_STREAM_HEADER, HEADER_BYTES);
}

/* Section 2.1.1. The sizes of checks are in 2.1.1.2. */
static int on_stream_header(struct xz_window *w, struct err *err)
{
	static const uint8_t sizes[16] = {0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64};

	if (memcmp(w->buffer, MAGIC, sizeof(MAGIC)) != 0 || w->buffer[6] || w->buffer[7] > 15)
		return malformed("the header of a stream", err);
	w->check_bytes = sizes[w->buffer[7]];
	expect(w, XZ_BLOCK_SIZE, 1);
	return 0;
}

static void on_block_size(struct xz_window *w)
{
	w->index_bytes = 1;
	w->number = w->number_bits = 0;
	if (w->buffer[0] == 0)
		expect(w, XZ_INDEX_COUNT, 1);
	else
		expect(w, XZ_BLOCK_HEADER, (w->buffer[0] + 1u) * 4 - 1);
}

/* Section 1.2: at most nine bytes, the last without its high bit. */
static int take_number(const struct xz_window *w, size_t *at, uint64_t *number)
{
	*number = 0;
	for (unsigned bits = 0; bits < 63 && *at < w->have; bits += 7) {
		uint8_t byte = w->buffer[(*at)++];

		*number |= (uint64_t)(byte & 0x7f) << bits;
		if (!(byte & 0x80))
			return 0;
	}
	return -1;
}

/* Section 5.3.1: the larger sizes are 2 or 3 times a power of two, the largest all 4 GiB. */
static int check_dictionary(const struct xz_window *w, unsigned bits, struct err *err)
{
	uint64_t bytes = bits >= 40 ? UINT32_MAX : (uint64_t)(2 | (bits & 1)) << (bits / 2 + 11);

	if (bytes <= w->max_bytes)
		return 0;
	return err_set(err, ERR_REFUSED,
	               "its xz dictionary is %" PRIu64 " bytes large (at most %" PRIu64
	               " are allowed): compress it with a smaller one",
	               bytes, w->max_bytes);
}

/* Section 3.1. The last filter is LZMA2; what may stand before it takes no memory. */
static int on_block_header(struct xz_window *w, struct err *err)
{
	uint64_t id = 0, size, ignored;
	size_t at = 1;

	for (unsigned i = (w->buffer[0] >> 6 & 1u) + (w->buffer[0] >> 7); i > 0; i--)
		if (take_number(w, &at, &ignored) < 0)
			return malformed("the header of a block", err);
	for (unsigned i = (w->buffer[0] & 3u) + 1; i > 0; i--) {
		if (take_number(w, &at, &id) < 0 || take_number(w, &at, &size) < 0 ||
		    size > w->have - at)
			return malformed("the header of a block", err);
		if (id == FILTER_LZMA2 && (size != 1 || i != 1))
			return malformed("the header of a block", err);
		at += (size_t)size;
	}
	if (id != FILTER_LZMA2)
		return malformed("the filter of a block", err);
	w->block_bytes = 0;
	expect(w, XZ_CHUNK, 1);
	return check_dictionary(w, w->buffer[at - 1] & 0x3fu, err);
}

static int on_chunk(struct xz_window *w, struct err *err)
{
	uint8_t control = w->buffer[0];

	w->block_bytes++;
	if (control >= 0x80) {
		expect(w, XZ_CHUNK_HEADER, 4);
		w->number = control >= 0xc0; /* properties: one byte more */
		return 0;
	}
	if (control > 2)
		return malformed("a chunk", err);
	if (control > 0) {
		expect(w, XZ_CHUNK_HEADER, 2);
		w->number = 0;
		return 0;
	}
	/* The end of the block: padding to four bytes, the check. */
	w->skip_bytes = (4 - w->block_bytes % 4) % 4 + w->check_bytes;
	expect(w, XZ_BLOCK_SIZE, 1);
	return 0;
}

/* The lengths that follow are big-endian, less one; the last one is what is there to be skipped. */
static void on_chunk_header(struct xz_window *w)
{
	uint64_t bytes = (uint64_t)w->buffer[w->need - 2] << 8 | w->buffer[w->need - 1];

	w->skip_bytes = bytes + 1 + w->number;
	w->block_bytes += w->need + w->skip_bytes;
	expect(w, XZ_CHUNK, 1);
}

/* Section 4: behind the last record padding, a check sum, and the stream's footer. */
static void end_index(struct xz_window *w)
{
	w->skip_bytes = (4 - w->index_bytes % 4) % 4 + CRC_BYTES + FOOTER_BYTES;
	expect(w, XZ_STREAM_PADDING, 1);
}

/* One byte of one of the index's numbers: how many records, and two for each. */
static int on_index(struct xz_window *w, struct err *err)
{
	uint8_t byte = w->buffer[0];

	w->index_bytes++;
	w->have = 0;
	if (w->number_bits >= 63)
		return malformed("the index", err);
	w->number |= (uint64_t)(byte & 0x7f) << w->number_bits;
	w->number_bits += 7;
	if (byte & 0x80)
		return 0;
	if (w->state == XZ_INDEX_COUNT) {
		if (w->number > UINT64_MAX / 4)
			return malformed("the index", err);
		w->numbers = w->number * 2;
		w->state = XZ_INDEX_RECORDS;
	} else {
		w->numbers--;
	}
	w->number = w->number_bits = 0;
	if (w->numbers == 0)
		end_index(w);
	return 0;
}

static void on_padding(struct xz_window *w)
{
	uint8_t byte = w->buffer[0];

	if (!byte) {
		expect(w, XZ_STREAM_PADDING, 1);
		return;
	}
	expect(w, XZ_STREAM_HEADER, HEADER_BYTES);
	w->buffer[w->have++] = byte;
}

static int step(struct xz_window *w, struct err *err)
{
	switch (w->state) {
	case XZ_STREAM_HEADER:
		return on_stream_header(w, err);
	case XZ_BLOCK_SIZE:
		on_block_size(w);
		return 0;
	case XZ_BLOCK_HEADER:
		return on_block_header(w, err);
	case XZ_CHUNK:
		return on_chunk(w, err);
	case XZ_CHUNK_HEADER:
		on_chunk_header(w);
		return 0;
	case XZ_INDEX_COUNT:
	case XZ_INDEX_RECORDS:
		return on_index(w, err);
	case XZ_STREAM_PADDING:
		on_padding(w);
		return 0;
	}
	return 0;
}

int xz_window_see(struct xz_window *w, const void *data, size_t len, struct err *err)
{
	const uint8_t *from = data;

	while (len > 0) {
		size_t n = w->need - w->have;

		if (w->skip_bytes > 0)
			n = w->skip_bytes < len ? (size_t)w->skip_bytes : len;
		else if (n > len)
			n = len;
		if (w->skip_bytes > 0) {
			w->skip_bytes -= n;
		} else {
			memcpy(w->buffer + w->have, from, n);
			w->have += n;
		}
		from += n;
		len -= n;
		if (w->skip_bytes == 0 && w->have == w->need && step(w, err) < 0)
			return -1;
	}
	return 0;
}
