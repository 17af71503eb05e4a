#include "base/http/rate_limit.h"

enum {
	PER_MILLE = 1000,
	STEP_MIN_BYTES = 1024,
	STEP_MAX_BYTES = 32 * 1024,
	STEPS_PER_S = 20,
	KEPT_STEPS = 2,
	ELAPSED_MAX_MS = 60 * 1000, /* keeps the product small; a minute fills any bucket */
};

void rate_limit_init(struct rate_limit *r, uint64_t bytes_per_s, int64_t now_ms)
{
	r->bytes_per_s = bytes_per_s;
	r->step_bytes = bytes_per_s / STEPS_PER_S;
	if (r->step_bytes < STEP_MIN_BYTES)
		r->step_bytes = STEP_MIN_BYTES;
	if (r->step_bytes > STEP_MAX_BYTES)
		r->step_bytes = STEP_MAX_BYTES;
	r->credit = 0;
	r->at_ms = now_ms;
}

static uint64_t kept_max(const struct rate_limit *r)
{
	uint64_t tenth = r->bytes_per_s * (PER_MILLE / 10);
	uint64_t steps = r->step_bytes * KEPT_STEPS * PER_MILLE;

	return tenth > steps ? tenth : steps;
}

static void earn(struct rate_limit *r, int64_t now_ms)
{
	int64_t elapsed = now_ms - r->at_ms;

	if (elapsed <= 0)
		return;
	r->at_ms = now_ms;
	if (elapsed > ELAPSED_MAX_MS)
		elapsed = ELAPSED_MAX_MS;
	r->credit += (uint64_t)elapsed * r->bytes_per_s;
	if (r->credit > kept_max(r))
		r->credit = kept_max(r);
}

size_t rate_limit_take(struct rate_limit *r, size_t want, int64_t now_ms)
{
	uint64_t there;

	if (r->bytes_per_s == 0)
		return want;
	earn(r, now_ms);
	there = r->credit / PER_MILLE;
	if (there < want && there < r->step_bytes)
		return 0;
	if (want > there)
		want = (size_t)there;
	r->credit -= want * PER_MILLE;
	return want;
}

int64_t rate_limit_wait_ms(struct rate_limit *r, int64_t now_ms)
{
	uint64_t step = r->step_bytes * PER_MILLE;

	if (r->bytes_per_s == 0)
		return 0;
	earn(r, now_ms);
	return r->credit >= step
	               ? 0
	               : (int64_t)((step - r->credit + r->bytes_per_s - 1) / r->bytes_per_s);
}
