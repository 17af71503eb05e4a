/*
 * pace: how many large bodies may be on their way at once (F5). Pure: the
 * clock comes with each call.
 *
 * Each body in flight when a connection is lost must be sent again, so on a thin link few lose
 * least. The limit therefore starts at 2 and grows by half only while that raises the throughput by
 * 10 %; a step that does not pay is taken back, and the next trial waits longer each time. Lost
 * connections and throttling halve the limit, but not below those two: with one the link idles for
 * a round trip after each body.
 *
 *     struct pace p;
 *     pace_init(&p, 8, now);
 *     if (in_flight < pace_limit(&p)) …send…
 *     pace_body_done(&p, bytes, now);         after each body that arrived
 *     pace_hurt(&p, now);                     after a lost connection, 429 or 503
 */
#ifndef DRYDOCK_SYNC_DISPATCH_PACE_H
#define DRYDOCK_SYNC_DISPATCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	unsigned limit;        /* what may be in flight */
	unsigned previous;     /* the limit before the trial */
	unsigned max;          /* -j */
	bool trial;            /* the last window began with a greater limit */
	double base_rate;      /* bytes per ms before the trial; 0: not measured */
	int64_t window_at_ms;  /* when the measurement began */
	uint64_t window_bytes; /* of the bodies that arrived since */
	unsigned window_bodies;
	int64_t hold_until_ms; /* no trial before */
	int64_t hold_ms;       /* how long the next hold is */
	int64_t hurt_at_ms;
};

enum {
	PACE_START = 2,
	PACE_WINDOW_MS = 250,     /* a measurement takes at least this … */
	PACE_WINDOW_ROUNDS = 2,   /* … and this many bodies for each in flight */
	PACE_HOLD_MS = 2000,      /* after a trial that did not pay; doubles … */
	PACE_HOLD_MAX_MS = 60000, /* … up to this */
	PACE_HURT_MS = 1000,      /* connections lost together count once */
};

void pace_init(struct pace *p, unsigned max, int64_t now_ms);
unsigned pace_limit(const struct pace *p);
void pace_body_done(struct pace *p, uint64_t bytes, int64_t now_ms);
void pace_hurt(struct pace *p, int64_t now_ms);

#endif
