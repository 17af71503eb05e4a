/*
 * link_health: whether there is a link at all (F2), told by what requests meet. Pure.
 *
 * Down is a link on which nothing was reached, or more requests in a row were lost without an
 * answer than are in flight: then one request at a time goes out, as a probe, until one is
 * answered, or is cut when it had carried something.
 */
#ifndef DRYDOCK_BASE_HTTP_LINK_HEALTH_H
#define DRYDOCK_BASE_HTTP_LINK_HEALTH_H

#include "base/http/transport.h"

/* More than a socket's buffers hold: of so many the peer has taken some. */
#define LINK_MOVED_BYTES ((uint64_t)1 << 20)

struct link_health {
	bool down;           /* probing */
	unsigned lost;       /* requests lost in a row without any answer */
	int64_t alive_at_ms; /* monotonic: an answer came, or a lost connection had carried bytes */
};

/* Whether a connection that was cut had carried something: the link is bad, but it is there. */
bool link_had_moved(enum http_failure failure, uint64_t moved_bytes);

/* An answer came, or has begun to. True when the link had been down: what waited for it may go at
 * once. */
bool link_health_answered(struct link_health *link, int64_t monotonic_now_ms);
/* A request was lost. `moved`: link_had_moved; `in_flight`: the others. */
void link_health_lost(struct link_health *link, bool moved, bool connected, unsigned in_flight,
                      int64_t monotonic_now_ms);

#endif
