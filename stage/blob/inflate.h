/*
 * inflate: gzip and zstd streams back to plain bytes, bounded, one piece at a time.
 *
 *     struct inflate *z = inflate_new(inflate_detect(head, len), &limits, sink, arg, err);
 *     while (…) inflate_add(z, data, len, err);       calls `sink` with what comes out
 *     inflate_finish(z, err);                         the stream was whole
 *     inflate_free(z);
 *
 * The whole input must be one well-formed stream: one or more gzip members (RFC 1952), or one or
 * more zstd frames with skippable frames anywhere (RFC 8878). Check sums are verified. Anything
 * else, a cut stream and bytes behind the last member are ERR_MALFORMED; more output than the
 * limit or a larger zstd window is ERR_REFUSED. Memory: about 300 KiB, for zstd plus the window.
 */
#ifndef DRYDOCK_STAGE_BLOB_INFLATE_H
#define DRYDOCK_STAGE_BLOB_INFLATE_H

#include "base/digest.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum inflate_format { INFLATE_PLAIN = 0, INFLATE_GZIP, INFLATE_ZSTD };

enum { INFLATE_DETECT_BYTES = 4 }; /* what inflate_detect wants to see, if there are as many */

/* By the magic numbers; INFLATE_PLAIN is everything else. */
enum inflate_format inflate_detect(const void *head, size_t len);

/* Zero fields have the default. */
struct inflate_limits {
	uint64_t output_bytes; /* 0: no limit */
	unsigned window_log;   /* zstd's window, log2 of bytes; 0: 27 (128 MiB) */
};

/* Takes the next bytes, in order, at most 256 KiB at a time. -1 with *err ends the inflation. */
typedef int inflate_sink(void *arg, const void *data, size_t len, struct err *err);

struct inflate;

/* `format` is not INFLATE_PLAIN. */
struct inflate *inflate_new(enum inflate_format format, const struct inflate_limits *limits,
                            inflate_sink *sink, void *arg, struct err *err) MUST_CHECK;
int inflate_add(struct inflate *z, const void *data, size_t len, struct err *err) MUST_CHECK;
int inflate_finish(struct inflate *z, struct err *err) MUST_CHECK;
void inflate_free(struct inflate *z);

/*
 * All of the above for `size` bytes of a file from `offset`; the descriptor's position stays.
 * Detects the format; a file in neither is ERR_MALFORMED. `what` names the file in errors.
 */
int inflate_file(int fd, uint64_t offset, uint64_t size, const char *what,
                 const struct inflate_limits *limits, inflate_sink *sink, void *arg,
                 struct err *err) MUST_CHECK;

/* Sets *plain to the digest, by plain->alg, of what these bytes of a file inflate to. */
int inflate_digest(int fd, uint64_t offset, uint64_t size, const char *what,
                   const struct inflate_limits *limits, struct digest *plain,
                   struct err *err) MUST_CHECK;

#endif
