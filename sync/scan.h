/*
 * scan: merges the pages of the bucket's listing with the ordered objects of the state, classifies
 * each key (diff.h) and puts into the plan what is not the same. Memory: one page and one batch of
 * rows, whatever the number of keys.
 *
 * Lists (tags/list, _catalog, referrers, fallback tags) that differ or are missing come out as
 * PLAN_OPEN: derived.h decides about them once the whole listing is known.
 */
#ifndef DRYDOCK_SYNC_SCAN_H
#define DRYDOCK_SYNC_SCAN_H

#include "sync/diff.h"
#include "sync/engine.h"

int scan_bucket(struct engine *e, struct err *err) MUST_CHECK;
/* Whether the key is of a tag that --force-tag names. */
bool scan_is_forced(const struct engine *e, const char *key);
/* What the provider's ETags, of this form, tell of the bytes. */
enum diff_opacity scan_opacity(const struct engine *e, const char *etag);

#endif
