/*
 * opaque_etags: blobs and manifests of the right size whose ETag matches nothing. Their headers
 * tell whether it is opaque (SSE-KMS, SSE-C), and the bytes may be ours all the same (E3).
 */
#ifndef DRYDOCK_SYNC_DIFF_OPAQUE_ETAGS_H
#define DRYDOCK_SYNC_DIFF_OPAQUE_ETAGS_H

#include "sync/run/run.h"

/*
 * Decides about each that scan left open, with one HEAD. An object that may not be looked at fails
 * alone (F3): it stays in the plan as ACTION_HELD.
 */
int opaque_etags_plan(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
