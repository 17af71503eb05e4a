#include "sync/dispatch/spread.h"

enum {
	SLOW_MS = 1000,  /* a slow connection is not to hold up others for longer */
	STUCK_MS = 2000, /* nothing has moved */
};

enum spread spread_bodies(const struct pace *pace, const struct task *last, struct s3 *s3,
                          int64_t now_ms)
{
	unsigned limit = pace_limit(pace);
	struct http_progress there = {0};

	if (!last || now_ms - (limit > 1 ? last->sent_ms : last->seen_ms) >=
	                     (limit > 1 ? SLOW_MS : STUCK_MS))
		return SPREAD_ANY;
	s3_progress(s3, last->call, &there);
	if (limit > 1)
		return there.acknowledged_bytes * limit < last->request.body.length_bytes
		               ? SPREAD_LOST
		               : SPREAD_ANY;
	return there.sent_bytes < last->request.body.length_bytes ? SPREAD_NONE : SPREAD_ANY;
}
