/*
 * unrecorded: what an earlier run sent to the bucket, or removed, and did not live to write down.
 *
 * Results are recorded up to a second after they came (journal.h), and answers may be lost. So a
 * run that is about to change anything notes its token in the state first, and the note goes when
 * the run has ended and every request was answered:
 *
 *     unrecorded_run       before the scan: where a note still stands, see below
 *     unrecorded_begin     before the first change: this run's note
 *     unrecorded_end       no note, unless an object was given up unanswered; and one whole sync
 * more, if it was a whole one unrecorded_stop      in place of unrecorded_end, when the run ends
 * early: a limit, a signal, a link that is down. If what arrived is recorded all the same the note
 * becomes one without a token: nothing is to be looked for, but the sync that finds the work done
 * is to be recorded as a whole one
 *
 * Where a note stands the bucket is listed once more than otherwise. A key that was written since,
 * or that has a multipart upload in the state, and whose ETag is not the recorded one, is asked for
 * the token it carries; if it is that of the run or of the upload, the object is recorded as sent
 * by us. A record of a key that is neither staged nor in the bucket is forgotten.
 *
 * The bucket would become right without all this. But untag and --delete would not know what is
 * ours to remove (W2 and W5 of the sync requirements), and a tag that we have moved would look as
 * if somebody else had (W1). A dry run does not look: it may show such a tag as held.
 */
#ifndef DRYDOCK_SYNC_DIFF_UNRECORDED_H
#define DRYDOCK_SYNC_DIFF_UNRECORDED_H

#include "sync/run/run.h"

/* Before the plan; the root need not be locked. */
int unrecorded_run(struct sync_run *run, struct err *err) MUST_CHECK;
int unrecorded_begin(struct sync_run *run, struct err *err) MUST_CHECK;
/* `awaited`: a whole sync must be recorded even if it found nothing to do. */
int unrecorded_end(struct sync_run *run, int awaited, struct err *err) MUST_CHECK;
int unrecorded_stop(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
