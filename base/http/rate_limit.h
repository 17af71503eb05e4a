/*
 * rate_limit: a token bucket for --bwlimit. Pure; the clock comes from the caller.
 *
 *     rate_limit_init(&r, bytes_per_s, now);
 *     n = rate_limit_take(&r, want, now);      0: not now; ask again in rate_limit_wait_ms(&r, now)
 *
 * Bytes that no caller takes in time are lost, except for a tenth of a second's worth: so the limit
 * holds over any second, also after a pause. They are given out in steps, or every caller would get
 * a few at a time.
 */
#ifndef DRYDOCK_BASE_HTTP_RATE_LIMIT_H
#define DRYDOCK_BASE_HTTP_RATE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

struct rate_limit {
	uint64_t bytes_per_s; /* 0: no limit */
	uint64_t step_bytes;  /* fewer are given out only when fewer are wanted */
	uint64_t credit;      /* thousandths of a byte */
	int64_t at_ms;        /* when credit was last earned */
};

void rate_limit_init(struct rate_limit *r, uint64_t bytes_per_s, int64_t now_ms);
/* How many of `want` bytes may go now: all that fit, or 0 below a step. */
size_t rate_limit_take(struct rate_limit *r, size_t want, int64_t now_ms);
/* Until a step may go; 0: now. */
int64_t rate_limit_wait_ms(struct rate_limit *r, int64_t now_ms);

#endif
