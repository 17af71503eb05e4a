#include "sync/dispatch/pace.h"

static void window_start(struct pace *p, int64_t now_ms)
{
	p->window_at_ms = now_ms;
	p->window_bytes = 0;
	p->window_bodies = 0;
}

void pace_init(struct pace *p, unsigned max, int64_t now_ms)
{
	*p = (struct pace){.limit = max < PACE_START ? max : PACE_START,
	                   .max = max,
	                   .hold_ms = PACE_HOLD_MS,
	                   .hurt_at_ms = now_ms - PACE_HURT_MS};
	window_start(p, now_ms);
}

unsigned pace_limit(const struct pace *p)
{
	return p->limit;
}

unsigned pace_in_flight(const struct pace *p)
{
	return p->limit == 1 && p->max > 1 ? 2 : p->limit;
}

/* No trial for a while, which is longer each time. */
static void hold(struct pace *p, int64_t now_ms)
{
	p->trial = false;
	p->hold_until_ms = now_ms + p->hold_ms;
	p->hold_ms = p->hold_ms * 2 < PACE_HOLD_MAX_MS ? p->hold_ms * 2 : PACE_HOLD_MAX_MS;
}

static bool is_quick(const struct pace *p, uint64_t bytes, int64_t took_ms)
{
	return (double)bytes * p->limit * PACE_QUICK_MS >= (double)took_ms * PACE_QUICK_BYTES;
}

static void try_more(struct pace *p, double rate)
{
	unsigned more = p->limit + (p->limit / 2 > 0 ? p->limit / 2 : 1);

	p->base_rate = rate;
	p->previous = p->limit;
	p->limit = more < p->max ? more : p->max;
	p->trial = p->limit > p->previous;
}

static void take_back(struct pace *p, int64_t now_ms)
{
	p->limit = p->previous;
	hold(p, now_ms);
}

static unsigned floor_of(const struct pace *p)
{
	unsigned least = p->quick ? PACE_QUICK : PACE_START;

	return least < p->max ? least : p->max;
}

void pace_body_done(struct pace *p, uint64_t bytes, int64_t took_ms, int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - p->window_at_ms;
	double rate;

	p->quick = is_quick(p, bytes, took_ms);
	if (p->limit < floor_of(p) && now_ms >= p->hold_until_ms) {
		p->limit = floor_of(p);
		window_start(p, now_ms);
		return;
	}
	p->window_bytes += bytes;
	p->window_bodies++;
	if (elapsed_ms < PACE_WINDOW_MS || p->window_bodies < PACE_WINDOW_ROUNDS * p->limit)
		return;
	rate = (double)p->window_bytes / (double)elapsed_ms;
	window_start(p, now_ms);
	if (p->trial && rate < p->base_rate * 1.10) {
		take_back(p, now_ms);
		return;
	}
	if (p->trial)
		p->hold_ms = PACE_HOLD_MS;
	p->trial = false;
	if (now_ms >= p->hold_until_ms)
		try_more(p, rate);
}

void pace_hurt(struct pace *p, int64_t now_ms)
{
	if (now_ms - p->hurt_at_ms < PACE_HURT_MS)
		return;
	p->hurt_at_ms = now_ms;
	if (p->limit > floor_of(p))
		p->limit = p->limit / 2 > floor_of(p) ? p->limit / 2 : floor_of(p);
	p->trial = false;
	if (p->hold_until_ms < now_ms + PACE_HOLD_MS)
		p->hold_until_ms = now_ms + PACE_HOLD_MS;
	window_start(p, now_ms);
}

void pace_outage(struct pace *p, int64_t now_ms)
{
	p->limit = PACE_START;
	hold(p, now_ms);
	window_start(p, now_ms);
}
