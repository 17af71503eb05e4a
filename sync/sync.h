/*
 * sync: a registry root -> a bucket. The whole of the second phase in one call.
 */
#ifndef DRYDOCK_SYNC_SYNC_H
#define DRYDOCK_SYNC_SYNC_H

#include "sync/run/options.h"

#include "base/event.h"
#include "db/root/root.h"

/*
 * Emits EVENT_PLAN per action (before anything is sent), EVENT_OBJECT, EVENT_PROGRESS and
 * EVENT_RETRY while it works, EVENT_ERROR per object that failed, one EVENT_SUMMARY at the
 * end, whatever that is. `summary` gets the same values. -1 with the worst of what went wrong.
 *
 * `root` is open as ROOT_SYNC, or as ROOT_READ for SYNC_DRY_RUN.
 */
int sync_to_bucket(struct root *root, const struct sync_options *options,
                   const struct event_sink *sink, struct event_summary *summary,
                   struct err *err) MUST_CHECK;

/* The row of table remote that such a sync would have; 0: none was ever made. Sends nothing. */
int sync_find_remote(struct root *root, const struct sync_options *options, int64_t *id,
                     struct err *err) MUST_CHECK;

#endif
