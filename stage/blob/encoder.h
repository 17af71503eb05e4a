/*
 * encoder: compresses one frame: bytes in memory to an independent gzip member or zstd frame. The
 * concatenation of the frames of a stream is the stored blob, which every decoder of the format
 * takes for one stream (RFC 1952, 2.2; RFC 8878, 3).
 *
 * gzip: libdeflate, 1 MiB of input a member, no name, mtime 0, OS 255. zstd: 4 MiB of input a
 * frame, with content size and check sum. Neither encoder looks at the processor to decide what to
 * write, and each frame depends on its own bytes only, so threads do not matter either. (igzip
 * chooses its hash functions by the processor; zlib is replaced by zlib-ng on some systems.)
 *
 * Measured on a tar of Debian 12 with python3, perl and git: 267,712,000 bytes, one core of an AMD
 * EPYC (Zen 3), Debian's libdeflate 1.14, zlib 1.2.13, ISA-L 2.30, zstd 1.5.4; the least processor
 * time of several runs. skopeo 1.9.3 makes 106.1 MB of it with 5.3 s of processor time.
 *
 *     gzip, 1 MiB members   size MB   CPU s  |  zstd        1 MiB frames  4 MiB frames  one frame
 *     libdeflate 1            107.8     2.0  |                MB     s      MB     s     MB     s
 *     libdeflate 2 (default)  103.5     2.7  |  level 1    107.1   0.7   106.3   0.7  106.1   1.1
 *     libdeflate 3            102.6     2.8  |  level 3     96.9   1.3    92.2   1.3   90.8   1.8
 *     libdeflate 4            102.1     3.1  |  level 6     91.9   4.0    86.2   3.9   84.5   4.7
 *     libdeflate 5            100.3     3.7  |  level 9     90.9   7.5    80.0   7.7   72.9   7.3
 *     libdeflate 6             99.8     4.5  |
 *     zlib 1                  110.8     3.6  |
 *     zlib 3                  106.7     5.0  |
 *     zlib 6                  101.1    12.3  |
 *     ISA-L 1                 113.6     0.7  |
 *     ISA-L 3                 109.9     2.0  |
 *
 * Newer processors tell the levels further apart: of 300 MB of such layers an EPYC (Zen 5) makes
 * 117.6 MB in 1.38 s with level 1, 113.4 MB in 1.82 s with level 2, 112.4 MB in 2.09 s with level
 * 3, 111.7 MB in 2.20 s with level 4.
 *
 * So gzip:2, which is still smaller than skopeo's gzip (level 1 and ISA-L are not) and takes less
 * than two thirds of its time, and zstd:3 in frames of 4 MiB, which is 13 % smaller than that
 * (frames of 1 MiB: 9 %).
 */
#ifndef DRYDOCK_STAGE_BLOB_ENCODER_H
#define DRYDOCK_STAGE_BLOB_ENCODER_H

#include "base/err.h"
#include "stage/blob/recipe.h"

#include <stddef.h>

/* `recipe` is not RECIPE_NONE, here and below. Bytes of input in every frame but the last. */
size_t encoder_frame_bytes(const struct recipe *recipe);
/* The most that a frame of that many bytes can become. */
size_t encoder_bound(const struct recipe *recipe);
/* About what one encoder of this recipe allocates, in bytes. */
size_t encoder_memory_bytes(const struct recipe *recipe);

struct encoder;

struct encoder *encoder_new(const struct recipe *recipe, struct err *err) MUST_CHECK;
void encoder_free(struct encoder *e); /* NULL is fine */

/* Writes the frame of in[0..in_len) to `out`, which has room for encoder_bound() bytes. */
int encoder_run(struct encoder *e, const void *in, size_t in_len, void *out, size_t *out_len,
                struct err *err) MUST_CHECK;

#endif
