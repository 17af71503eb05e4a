/* resolve: what only the whole listing, or one more look, can tell about an object of the plan. */
#ifndef DRYDOCK_SYNC_DIFF_RESOLVE_H
#define DRYDOCK_SYNC_DIFF_RESOLVE_H

#include "sync/run/run.h"

/*
 * E3: an unmatched ETag of the right size is opaque if HEAD shows SSE-KMS or SSE-C. An object that
 * may not be looked at fails alone (F3): it stays in the plan as ACTION_HELD.
 */
int opaque_etags_resolve(struct sync_run *run, struct err *err) MUST_CHECK;
/*
 * U4: a blob that the bucket has, or soon will have, under another repository is copied there,
 * above 5 GiB part by part. One that is sent first carries the others: they wait for it.
 */
int copies_resolve(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
