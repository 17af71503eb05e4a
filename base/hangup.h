/*
 * hangup: SIGHUP, for a process that writes logs. Programs that move logs away (logrotate) ask with
 * it that they be opened anew; what comes from a terminal that has gone asks the process to stop
 * (base/stop.h), as it does of any other.
 *
 *     hangup_install(err);                          once, after stop_install
 *     if (seen != hangup_count()) …                 each log, before it writes
 */
#ifndef DRYDOCK_BASE_HANGUP_H
#define DRYDOCK_BASE_HANGUP_H

#include "base/err.h"

int hangup_install(struct err *err) MUST_CHECK;
/* How often logs were to be opened anew; 0 at first. */
int hangup_count(void);

#endif
