/*
 * rate: how fast bytes move, over a window that is long enough to read and to outlast short cuts
 * of a link, and how long the rest will take. Pure: the clock comes with each call.
 *
 *     struct rate r = {0};
 *     rate_note(&r, done_bytes, now);                    whenever it is known; may fall
 *     rate_per_second(&r, now), rate_left_ms(&r, todo, now), rate_still_ms(&r, now)
 */
#ifndef DRYDOCK_CLI_RATE_H
#define DRYDOCK_CLI_RATE_H

#include <stdint.h>

enum {
	RATE_SAMPLE_MS = 500,
	RATE_SAMPLES = 61,      /* of 30 s */
	RATE_FIRST_MS = 1500,   /* nothing is said of a shorter time */
	RATE_STALLED_MS = 5000, /* from then on it counts as standing still */
};

struct rate {
	struct rate_sample {
		int64_t at_ms; /* monotonic, as all times here */
		uint64_t bytes;
	} samples[RATE_SAMPLES]; /* a ring */
	unsigned first, count;
	uint64_t bytes;      /* now */
	int64_t moved_at_ms; /* `bytes` grew last; 0: nothing was noted yet */
};

void rate_note(struct rate *r, uint64_t bytes, int64_t at_ms);
/* Bytes a second; 0: not known yet, or none. */
double rate_per_second(const struct rate *r, int64_t at_ms);
/* -1: not known. */
int64_t rate_left_ms(const struct rate *r, uint64_t todo_bytes, int64_t at_ms);
/* Since when nothing has moved; 0: nothing was noted yet. */
int64_t rate_still_ms(const struct rate *r, int64_t at_ms);

#endif
