#include "stage/serve/multipart.h"

#include "base/file.h"
#include "base/media_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BETWEEN_MAX = 256 };

/* What stands before range `i`, or behind the last one. Returns its length. */
static size_t between(const struct multipart *m, size_t i, char text[BETWEEN_MAX])
{
	const struct byte_range *range = &m->ranges.list[i];
	int len;

	if (i == m->ranges.count)
		len = snprintf(text, BETWEEN_MAX, "\r\n--%s--\r\n", m->boundary);
	else
		len = snprintf(text, BETWEEN_MAX,
		               "%s--%s\r\nContent-Type: " MT_OCTET_STREAM
		               "\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
		               "\r\n\r\n",
		               i ? "\r\n" : "", m->boundary, range->first,
		               range->first + range->length - 1, m->blob_bytes);
	return (size_t)len;
}

uint64_t multipart_bytes(const struct multipart *m)
{
	char text[BETWEEN_MAX];
	uint64_t bytes = between(m, m->ranges.count, text);

	for (size_t i = 0; i < m->ranges.count; i++)
		bytes += between(m, i, text) + m->ranges.list[i].length;
	return bytes;
}

ssize_t multipart_read(const struct multipart *m, uint64_t at, char *out, size_t max,
                       struct err *err)
{
	char text[BETWEEN_MAX];

	for (size_t i = 0; i <= m->ranges.count; i++) {
		const struct byte_range *range = &m->ranges.list[i];
		size_t len = between(m, i, text);
		uint64_t left;
		ssize_t got;

		if (at < len) {
			len -= (size_t)at;
			len = len < max ? len : max;
			memcpy(out, text + at, len);
			return (ssize_t)len;
		}
		at -= len;
		if (i == m->ranges.count || at >= range->length) {
			at -= i < m->ranges.count ? range->length : 0;
			continue;
		}
		left = range->length - at;
		got = file_read_at(m->fd, out, left < max ? (size_t)left : max, range->first + at,
		                   "blob", err);
		if (got == 0)
			return err_set(err, ERR_INTEGRITY, "the blob became shorter");
		return got;
	}
	return 0;
}
