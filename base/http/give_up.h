/*
 * give_up: when a run that gets no further must end (F2).
 *
 *     struct give_up g = give_up_begin(&patience, monotonic_ms());
 *     give_up_answered(&g, put_off, now);         for each answer
 *     give_up_moved(&g, now);                     the server has taken or given a byte
 *     give_up_check(&g, now, err);                at each step
 */
#ifndef DRYDOCK_BASE_HTTP_GIVE_UP_H
#define DRYDOCK_BASE_HTTP_GIVE_UP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct patience {
	int64_t connect_wait_ms;  /* --connect-wait: until the first answer of the run */
	int64_t give_up_after_ms; /* --give-up-after: no byte that the server took or gave */
	int64_t deadline_ms;      /* --max-duration, monotonic; 0: none */
};

struct give_up {
	struct patience patience;
	bool answered_once;     /* the server has spoken in this run */
	int64_t started_ms;     /* monotonic, as all of them */
	int64_t progress_at_ms; /* the server took or gave a byte, or did what it was asked */
	struct err last;        /* the last failure, for the words */
};

struct give_up give_up_begin(const struct patience *patience, int64_t now_ms);
/* `put_off`: the server only asks to come again, as a busy one does without end. */
void give_up_answered(struct give_up *g, bool put_off, int64_t now_ms);
void give_up_moved(struct give_up *g, int64_t now_ms);
/* How long it goes on like this, when nothing moves. */
int64_t give_up_in_ms(const struct give_up *g, int64_t now_ms);
/* 0, or -1 when the run must end: a signal, --max-duration, --connect-wait, --give-up-after. */
int give_up_check(const struct give_up *g, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
