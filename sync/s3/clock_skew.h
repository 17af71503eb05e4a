/*
 * clock_skew: how far the server's clock is from ours, learned from its answers (F4). Pure.
 *
 * An answer's Date is taken at the middle of a short exchange; <ServerTime> of an error counts
 * more. Answers out of a cache (Age) say nothing. Small differences are left alone: Date has whole
 * seconds, and signatures are good for 15 minutes.
 */
#ifndef DRYDOCK_SYNC_S3_CLOCK_SKEW_H
#define DRYDOCK_SYNC_S3_CLOCK_SKEW_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CLOCK_SKEW_SHORT_MS = 20 * 1000, /* longer exchanges do not tell when Date was taken */
	CLOCK_SKEW_MOVE_MS = 60 * 1000,  /* differences below this are noise */
};

/* Wall clock times in milliseconds. */
struct clock_skew_sample {
	int64_t server_date_ms;             /* Date; -1: none */
	int64_t server_time_ms;             /* <ServerTime>; -1: none */
	int64_t sent_at_ms, answered_at_ms; /* 0: not known */
	bool cached;                        /* the answer has an Age */
	bool refused; /* the answer is RequestTimeTooSkewed: then a long exchange counts too */
};

/* Moves *offset_ms (server minus ours) if the sample says so, and tells whether it did. */
bool clock_skew_learn(int64_t *offset_ms, const struct clock_skew_sample *sample);

#endif
