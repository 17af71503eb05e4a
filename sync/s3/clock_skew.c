#include "sync/s3/clock_skew.h"

/* When, by our clock, the server most likely looked at its own; false: cannot be told. */
static bool moment(const struct clock_skew_sample *s, int64_t *at)
{
	int64_t took = s->answered_at_ms - s->sent_at_ms;

	if (s->answered_at_ms <= 0 || s->sent_at_ms <= 0 || took < 0)
		return false;
	if (took <= CLOCK_SKEW_SHORT_MS) {
		*at = s->sent_at_ms + took / 2;
		return true;
	}
	/* The refusal was written when the long request had been read. */
	*at = s->answered_at_ms;
	return s->refused;
}

bool clock_skew_learn(int64_t *offset_ms, const struct clock_skew_sample *s)
{
	int64_t server = s->server_time_ms > 0 ? s->server_time_ms : s->server_date_ms;
	int64_t at, offset, moved;

	if (server <= 0 || s->cached || !moment(s, &at))
		return false;
	offset = server - at;
	moved = offset > *offset_ms ? offset - *offset_ms : *offset_ms - offset;
	if (moved < CLOCK_SKEW_MOVE_MS)
		return false;
	*offset_ms = offset;
	return true;
}
