/*
 * stop: whether the process was asked to end (SIGINT, SIGTERM).
 *
 * cli installs the handlers; long loops in stage and sync ask stop_requested() between steps, and
 * return ERR_INTERRUPTED (stop_check) with everything committed. The second signal ends the process
 * at once (which is safe too: J1).
 */
#ifndef DRYDOCK_BASE_STOP_H
#define DRYDOCK_BASE_STOP_H

#include "base/err.h"

int stop_install(struct err *err) MUST_CHECK;
/* What the handlers do; for handlers of other signals. */
void stop_ask(int number);
int stop_requested(void); /* 0, or the signal's number */
int stop_check(struct err *err) MUST_CHECK;
/*
 * A descriptor that becomes readable when a signal arrives, for poll and curl_multi_poll; -1 before
 * stop_install. Never read from it.
 */
int stop_fd(void);

#endif
