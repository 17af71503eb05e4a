/*
 * server_clock: what time it is at the server, by the Date headers of its answers.
 *
 * Date was written before the answer arrived, and without its fraction of a second: each is a lower
 * bound of the server's clock, and never ahead. A guess that is ahead would miss an upload whose
 * Create was lost (M3), or call old what --delete must leave alone; so one
 * Date that is wrong, of one server among many or of a proxy, must not count: the least does.
 * Answers that are errors do not count at all. Our own clock may be set meanwhile.
 */
#ifndef DRYDOCK_SYNC_S3_SERVER_CLOCK_H
#define DRYDOCK_SYNC_S3_SERVER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct server_clock {
	bool known;
	int64_t offset_ms; /* the server's clock minus monotonic_ms */
};

/* `date_ms`: since 1970, -1 where the answer had none. */
void server_clock_learn(struct server_clock *clock, int64_t date_ms, int64_t monotonic_ms);
/* Seconds since 1970: a little behind rather than ahead. Ours where nothing is known. */
int64_t server_clock_now(const struct server_clock *clock, int64_t monotonic_ms, int64_t now_ms);

#endif
