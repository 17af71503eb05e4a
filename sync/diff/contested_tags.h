/*
 * contested_tags: tags that the bucket has with other bytes, and of which this root has no record.
 * Their headers tell when they were staged, and so which of the two is newer (W1).
 */
#ifndef DRYDOCK_SYNC_DIFF_CONTESTED_TAGS_H
#define DRYDOCK_SYNC_DIFF_CONTESTED_TAGS_H

#include "sync/run/run.h"

/*
 * Decides about each tag that scan left open, with one HEAD, several side by side. A tag that may
 * not be looked at fails alone (F3): it stays in the plan as ACTION_HELD.
 */
int contested_tags_plan(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
