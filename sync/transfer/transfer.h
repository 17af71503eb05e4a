/*
 * transfer: carries out the plan. Takes items as they become ready, in the plan's order, keeps the
 * link busy with parts and small objects side by side, commits what arrived, and lets the failure
 * of one object hold back only what needs it.
 */
#ifndef DRYDOCK_SYNC_TRANSFER_TRANSFER_H
#define DRYDOCK_SYNC_TRANSFER_TRANSFER_H

#include "sync/run/run.h"

/*
 * 0 when everything that could be done is done (e->summary and e->worst say what failed); -1 when
 * the run ends early. What was under way is then dropped, and what had arrived is committed.
 */
int transfer_run(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
