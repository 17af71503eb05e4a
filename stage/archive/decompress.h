/*
 * decompress: the compression around a tar: none, gzip, zstd, xz or bzip2, found out by content.
 *
 *     struct decompress *d = decompress_new(fd, "app.tar.gz", err);
 *     while ((n = decompress_next(d, &data, err)) > 0) …
 *     decompress_free(d);
 *
 * Reading to the end checks the stream's own check sums: gzip's here, over zlib, because libarchive
 * does not; zstd's here, because libarchive takes zeros behind a frame for a broken one; the
 * others' in libarchive. No filter runs another program. What is compressed more than once is
 * refused, and so is what needs a window above 128 MiB, in whatever block or frame.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_DECOMPRESS_H
#define DRYDOCK_STAGE_ARCHIVE_DECOMPRESS_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct decompress;

/* `fd` and `label` are borrowed. Reads to the end of the file, a pipe or a regular one. */
struct decompress *decompress_new(int fd, const char *label, struct err *err) MUST_CHECK;
/* Of a part of a file; its position stays. */
struct decompress *decompress_range(int fd, uint64_t offset, uint64_t bytes, const char *label,
                                    struct err *err) MUST_CHECK;
/* The next plain bytes, borrowed until the next call; 0 at the end, -1. After a failure it fails
 * again. */
ssize_t decompress_next(struct decompress *d, const void **data, struct err *err) MUST_CHECK;
/* Bytes taken from the descriptor so far. */
uint64_t decompress_consumed(const struct decompress *d);
void decompress_free(struct decompress *d);

/* Whether a file begins like one of the compressions. */
enum { DECOMPRESS_DETECT_BYTES = 6 };
int decompress_is_compressed(const void *head, size_t len);

#endif
