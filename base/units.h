/*
 * units: sizes, durations and times as people write and read them.
 *
 *     size      512, 8K, 5MiB, 1.5G      powers of 1024, whatever the suffix's spelling
 *     rate      the same, in a second: 300K, 2M, 1.5MiB/s; "2Mb" is refused, which elsewhere is
 * bits duration  500ms, 30s, 10m, 24h, 7d, and sums such as 1h30m; without a unit only 0 time RFC
 * 3339, UTC, whole seconds or milliseconds
 */
#ifndef DRYDOCK_BASE_UNITS_H
#define DRYDOCK_BASE_UNITS_H

#include "base/err.h"

#include <stdint.h>

enum { UNITS_TEXT_MAX = 40 };

int size_parse(const char *text, uint64_t *bytes, struct err *err) MUST_CHECK;
int rate_parse(const char *text, uint64_t *bytes_per_s, struct err *err) MUST_CHECK;
int duration_parse(const char *text, int64_t *ms, struct err *err) MUST_CHECK;

/* "52.1 MiB", "12 B". Returns `text`. */
const char *size_text(uint64_t bytes, char text[UNITS_TEXT_MAX]);
/* "3d04h", "1h02m", "3m20s", "46s", "4.2s", "130ms", as duration_parse reads. Returns `text`. */
const char *duration_text(int64_t ms, char text[UNITS_TEXT_MAX]);
/* "1 object", "2 objects". Returns `text`. */
const char *count_text(uint64_t count, const char *one, const char *many,
                       char text[UNITS_TEXT_MAX]);
/* "2026-11-23T20:48:05Z" of seconds since 1970. Returns `text`. */
const char *time_text(int64_t seconds, char text[UNITS_TEXT_MAX]);
/* "2026-11-23T20:48:05.123Z" of milliseconds since 1970. Returns `text`. */
const char *time_text_ms(int64_t ms, char text[UNITS_TEXT_MAX]);
/* Inverse of both, as S3's XML writes times; -1 when it is no such time. Result in milliseconds. */
int time_parse(const char *text, int64_t *ms) MUST_CHECK;

int64_t now_ms(void);       /* wall clock: milliseconds since 1970, UTC */
int64_t monotonic_ms(void); /* for intervals */

#endif
