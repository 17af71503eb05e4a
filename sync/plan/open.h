/*
 * open: the scratch database of a plan (db.h), with the table of each module of this folder in it.
 * A plan of a million objects costs disk and not memory, and a dry run can make one over a
 * read-only state. It is not the state's connection: an object that moves along changes several
 * rows, and there each change would be a transaction of its own, at a cost that grows with the
 * plan.
 */
#ifndef DRYDOCK_SYNC_PLAN_OPEN_H
#define DRYDOCK_SYNC_PLAN_OPEN_H

#include "sync/plan/plan.h"

/* Opens an empty one, also in place of another. */
int plan_open(struct plan *plan, struct err *err) MUST_CHECK;
void plan_close(struct plan *plan);

#endif
