/*
 * scan: merges the pages of the bucket's listing with the ordered objects of the state, classifies
 * each key (classify.h) and puts into the plan what is not the same. Memory: one page and one batch
 * of rows, whatever the number of keys.
 *
 * Lists (tags/list, _catalog, referrers, fallback tags) that differ or are missing come out as
 * PLAN_UNDECIDED: documents.h decides about them once the whole listing is known.
 */
#ifndef DRYDOCK_SYNC_DIFF_SCAN_H
#define DRYDOCK_SYNC_DIFF_SCAN_H

#include "sync/run/run.h"

int scan_bucket(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
