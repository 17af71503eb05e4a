/*
 * part_size: how an object is cut into multipart parts. One pure function, used by stage (which
 * records the MD5 of each part) and by sync (which sends them), so that both always agree.
 *
 * The smallest multiple of 1 MiB that is at least `minimum_bytes` and cuts `size_bytes` into at
 * most `max_parts` parts. S3: parts of 5 MiB to 5 GiB, at most 10,000 of them ("Amazon S3 multipart
 * upload limits"); all parts but the last are equal, as R2 requires.
 */
#ifndef DRYDOCK_BASE_PART_SIZE_H
#define DRYDOCK_BASE_PART_SIZE_H

#include <stdint.h>

#define MIB                 ((uint64_t)1 << 20)
#define PART_SIZE_MINIMUM   (5 * MIB) /* what stage records, and sync's default */
#define PART_COUNT_MAX      10000u
#define PART_SIZE_LIMIT     (5120 * MIB) /* 5 GiB: the largest part, PUT and copy S3 takes */
#define MULTIPART_THRESHOLD (8 * MIB)    /* larger objects go as multipart */

/* minimum_bytes >= 1, max_parts >= 1. size 0 gives the minimum (in whole MiB). */
uint64_t part_size(uint64_t size_bytes, uint64_t minimum_bytes, uint32_t max_parts);

/* Number of parts of `part_bytes` in `size_bytes`; 0 bytes are one (empty) part. */
uint64_t part_count(uint64_t size_bytes, uint64_t part_bytes);

/* Bytes in part `number` (from 1). */
uint64_t part_length(uint64_t size_bytes, uint64_t part_bytes, uint32_t number);

#endif
