/*
 * unrecorded: what an earlier run sent to the bucket, or removed, and did not live to write down.
 *
 * Results are recorded up to a second after they came (journal.h), and answers may be lost. So a
 * run that is about to change anything puts a note with its token into the state, and takes it away
 * when it has ended and every request was answered.
 *
 *     if (unrecorded_run(run, err) < 0) …          before the scan
 *     if (unrecorded_begin(run, err) < 0) …        before the first change
 *     … unrecorded_end(run, awaited, err)          when the plan is carried out
 *     … or unrecorded_stop(run, err)               when a limit, a signal or the link ended the run
 *
 * Where a note stands the bucket is listed once more than otherwise. A key that was written since,
 * or that has a multipart upload in the state, and whose ETag is not the recorded one, is asked for
 * the token it carries; if it is that of the run or of the upload, the object is recorded as sent
 * by us. A record of a key that is neither staged nor in the bucket is forgotten.
 *
 * The bucket would become right without all this. But untag and --delete would not know what is
 * ours to remove (W2, W5), and a tag that this root has moved would look as if another root had
 * (W1). A dry run does not look: it may show such a tag as held.
 */
#ifndef DRYDOCK_SYNC_DIFF_UNRECORDED_H
#define DRYDOCK_SYNC_DIFF_UNRECORDED_H

#include "sync/run/run.h"

/* Looks, if a note stands. The root need not be locked. */
int unrecorded_run(struct sync_run *run, struct err *err) MUST_CHECK;
/* Puts this run's note. */
int unrecorded_begin(struct sync_run *run, struct err *err) MUST_CHECK;
/*
 * Takes the note away, unless an object was given up unanswered, and records a whole sync, if it
 * was one. `awaited`: that must be recorded even if there was nothing to do.
 */
int unrecorded_end(struct sync_run *run, int awaited, struct err *err) MUST_CHECK;
/*
 * If what arrived is recorded all the same, the note becomes one without a token: nothing is to be
 * looked for, but the sync that finds the work done is to be recorded as a whole one.
 */
int unrecorded_stop(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
