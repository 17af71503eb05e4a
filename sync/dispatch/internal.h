/* What dispatch.c and give_up.c share. */
#ifndef DRYDOCK_SYNC_DISPATCH_INTERNAL_H
#define DRYDOCK_SYNC_DISPATCH_INTERNAL_H

#include "sync/dispatch/dispatch.h"

/* The server took or gave so many bytes in this attempt, as of `now` (monotonic). */
void dispatch_note_moved(struct dispatch *d, struct task *task, uint64_t bytes, int64_t now);
/* 0, or -1 when the run must end: a signal, --max-duration, --connect-wait, --give-up-after. */
int dispatch_check_limits(struct dispatch *d, struct err *err) MUST_CHECK;

#endif
