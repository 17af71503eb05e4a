/*
 * decompress: the compression around a tar: none, gzip, zstd, xz or bzip2, found out by content.
 *
 *     struct outer *o = outer_new(fd, "app.tar.gz", err);
 *     while ((n = outer_next(o, &data, err)) > 0) …        plain bytes, borrowed until the next
 * call outer_free(o);
 *
 * Reading to the end checks the stream's own check sums: gzip's here, over zlib, because libarchive
 * does not; the others' in libarchive. No filter runs another program. What is
 * compressed more than once is refused, and so are decoders that would want a window above 128 MiB,
 * in whatever block or frame.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_DECOMPRESS_H
#define DRYDOCK_STAGE_ARCHIVE_DECOMPRESS_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct outer;

/* `fd` and `label` are borrowed. */
struct outer *outer_new(int fd, const char *label, struct err *err) MUST_CHECK;
/* The next piece; 0 at the end, -1. After a failure it fails again. */
ssize_t outer_next(struct outer *o, const void **data, struct err *err) MUST_CHECK;
/* Bytes taken from the descriptor so far. */
uint64_t outer_consumed(const struct outer *o);
void outer_free(struct outer *o);

/* Whether a file begins like one of the compressions. */
enum { OUTER_DETECT_BYTES = 6 };
int outer_is_compressed(const void *head, size_t len);

#endif
