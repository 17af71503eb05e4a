#include "base/http/link_health.h"

bool link_had_moved(enum http_failure failure, uint64_t moved_bytes)
{
	return failure == HTTP_FAILED_LINK && moved_bytes >= LINK_MOVED_BYTES;
}

bool link_health_answered(struct link_health *link, int64_t now)
{
	bool was_down = link->down;

	link->lost = 0;
	link->alive_at_ms = now;
	link->down = false;
	return was_down;
}

void link_health_lost(struct link_health *link, bool moved, bool connected, unsigned in_flight,
                      int64_t now)
{
	if (moved) {
		link->down = false;
		link->lost = 0;
		link->alive_at_ms = now;
		return;
	}
	link->lost++;
	if (!connected || link->lost > in_flight)
		link->down = true;
}
