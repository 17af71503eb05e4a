#include "cli/rate.h"

#include <stdbool.h>

static const struct rate_sample *oldest(const struct rate *r)
{
	return &r->samples[r->first];
}

static const struct rate_sample *newest(const struct rate *r)
{
	return &r->samples[(r->first + r->count - 1) % RATE_SAMPLES];
}

static void drop_oldest(struct rate *r)
{
	r->first = (r->first + 1) % RATE_SAMPLES;
	r->count--;
}

static void add_sample(struct rate *r, struct rate_sample sample)
{
	if (r->count == RATE_SAMPLES)
		drop_oldest(r);
	r->samples[(r->first + r->count) % RATE_SAMPLES] = sample;
	r->count++;
}

void rate_note(struct rate *r, uint64_t bytes, int64_t at_ms)
{
	bool moved = r->moved_at_ms == 0 || bytes > r->bytes;

	/* A long outage says nothing about how fast the link is when it is there. */
	if (moved && rate_still_ms(r, at_ms) >= RATE_STALLED_MS) {
		r->count = 0;
		add_sample(r, (struct rate_sample){at_ms, r->bytes});
	}
	if (moved)
		r->moved_at_ms = at_ms;
	r->bytes = bytes;
	while (r->count > 1 && at_ms - oldest(r)->at_ms > RATE_SAMPLE_MS * RATE_SAMPLES)
		drop_oldest(r);
	if (r->count == 0 || at_ms - newest(r)->at_ms >= RATE_SAMPLE_MS)
		add_sample(r, (struct rate_sample){at_ms, bytes});
}

double rate_per_second(const struct rate *r, int64_t at_ms)
{
	int64_t passed = r->count > 0 ? at_ms - oldest(r)->at_ms : 0;

	if (passed < RATE_FIRST_MS || r->bytes <= oldest(r)->bytes)
		return 0;
	return (double)(r->bytes - oldest(r)->bytes) * 1000 / (double)passed;
}

int64_t rate_left_ms(const struct rate *r, uint64_t todo_bytes, int64_t at_ms)
{
	double left, rate = rate_per_second(r, at_ms);

	if (rate <= 0)
		return -1;
	left = (double)todo_bytes * 1000 / rate;
	return left < 1e15 ? (int64_t)left : -1;
}

int64_t rate_still_ms(const struct rate *r, int64_t at_ms)
{
	return r->moved_at_ms == 0 ? 0 : at_ms - r->moved_at_ms;
}
