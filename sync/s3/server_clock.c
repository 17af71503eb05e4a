#include "sync/s3/server_clock.h"

void server_clock_learn(struct server_clock *clock, int64_t date_ms, int64_t monotonic_ms)
{
	int64_t offset_ms = date_ms - monotonic_ms;

	if (date_ms < 0)
		return;
	if (!clock->known || offset_ms < clock->offset_ms)
		clock->offset_ms = offset_ms;
	clock->known = true;
}

int64_t server_clock_now(const struct server_clock *clock, int64_t monotonic_ms, int64_t now_ms)
{
	return (clock->known ? monotonic_ms + clock->offset_ms : now_ms) / 1000;
}
