/*
 * pace: how many large bodies may be on their way at once (F5). Pure: the
 * clock comes with each call.
 *
 * Each body in flight when a connection is lost must be sent again, and bodies that share a thin
 * link take so long that an outage comes before the first of them is there. The limit therefore
 * starts at 1 and grows by half only while that raises the throughput by 10 %; a step that does not
 * pay is taken back, and the next trial waits longer each time. Where a body takes less than
 * PACE_QUICK_MS it is 2 without a trial. Lost connections and throttling halve the limit, but not
 * below those two where bodies are quick; an outage takes it back to 1, for longer each time.
 *
 * With a limit of 1 one body more may be in flight when all bytes of the last are on their way:
 * else the link would idle until its answer is there.
 *
 *     struct pace p;
 *     pace_init(&p, 8, now);
 *     if (in_flight < pace_in_flight(&p)) …send…
 *     pace_body_done(&p, bytes, took, now);   after each body that arrived
 *     pace_hurt(&p, now);                     after a lost connection, 429 or 503
 *     pace_outage(&p, now);                   when the link turns out to be away
 */
#ifndef DRYDOCK_SYNC_DISPATCH_PACE_H
#define DRYDOCK_SYNC_DISPATCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	unsigned limit;        /* bodies whose bytes may go side by side */
	unsigned previous;     /* the limit before the trial */
	unsigned max;          /* -j */
	bool trial;            /* the last window began with a greater limit */
	bool quick;            /* the last body took less than PACE_QUICK_MS of the link */
	double base_rate;      /* bytes per ms before the trial; 0: not measured */
	int64_t window_at_ms;  /* when the measurement began */
	uint64_t window_bytes; /* of the bodies that arrived since */
	unsigned window_bodies;
	int64_t hold_until_ms; /* no trial before */
	int64_t hold_ms;       /* how long the next hold is */
	int64_t hurt_at_ms;
};

enum {
	PACE_START = 1,
	PACE_QUICK = 2,       /* at least, where bodies are quick */
	PACE_QUICK_MS = 1000, /* for PACE_QUICK_BYTES */
	PACE_QUICK_BYTES = 5 << 20,
	PACE_WINDOW_MS = 250,     /* a measurement takes at least this … */
	PACE_WINDOW_ROUNDS = 2,   /* … and this many bodies for each in flight */
	PACE_HOLD_MS = 2000,      /* after an outage, or a trial that did not pay; doubles … */
	PACE_HOLD_MAX_MS = 60000, /* … up to this */
	PACE_HURT_MS = 1000,      /* connections lost together count once */
};

void pace_init(struct pace *p, unsigned max, int64_t now_ms);
/* Whose bytes may go side by side. */
unsigned pace_limit(const struct pace *p);
/* With those that only wait for their answer. */
unsigned pace_in_flight(const struct pace *p);
/* `took_ms`: since it was sent. */
void pace_body_done(struct pace *p, uint64_t bytes, int64_t took_ms, int64_t now_ms);
void pace_hurt(struct pace *p, int64_t now_ms);
void pace_outage(struct pace *p, int64_t now_ms);

#endif
