/*
 * resume: what earlier runs left of multipart uploads (M2 to M4).
 *
 * The bucket, not the state, says what has arrived: while planning, each recorded upload of an
 * object that is still to be sent is looked at, and the parts that are there become part of the
 * plan. Uploads of objects that need nothing any more are aborted when the plan is carried out;
 * only those that this root recorded, and never one that was adopted.
 */
#ifndef DRYDOCK_SYNC_DIFF_RESUME_H
#define DRYDOCK_SYNC_DIFF_RESUME_H

#include "sync/run/run.h"

/* While planning, before copies.h: what goes on becomes ACTION_RESUME. */
int resume_plan(struct sync_run *run, struct err *err) MUST_CHECK;
/* When the plan is carried out: aborts what no item of it wants. A dry run counts the requests. */
int resume_abandon(struct sync_run *run, struct err *err) MUST_CHECK;
/*
 * Aborts one recorded upload now; an adopted one is only forgotten. 1; 0 when the server did not
 * let it, which a warning tells, *err holds and the next sync tries again; -1.
 */
int resume_abort(struct sync_run *run, const struct upload_row *row, struct err *err) MUST_CHECK;

#endif
