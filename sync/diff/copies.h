/*
 * copies: blobs of the plan that need not be sent, because the bucket has them, or soon will, under
 * another repository (U4).
 */
#ifndef DRYDOCK_SYNC_DIFF_COPIES_H
#define DRYDOCK_SYNC_DIFF_COPIES_H

#include "sync/run/run.h"

/*
 * Makes them ACTION_COPY, above 5 GiB part by part. Of a blob that is new in several repositories
 * one is sent, and the others wait for it. Every blob to send is in the plan.
 */
int copies_plan(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
