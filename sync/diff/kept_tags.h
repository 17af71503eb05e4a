/*
 * kept_tags: tags of the root that stay as the bucket has them, because the bucket's are newer
 * (W1). That is news once: what was told is remembered in the state (db/state/kept_tag.h).
 */
#ifndef DRYDOCK_SYNC_DIFF_KEPT_TAGS_H
#define DRYDOCK_SYNC_DIFF_KEPT_TAGS_H

#include "sync/run/run.h"

/* Whether no sync has told of it yet. 1, 0, -1. */
int kept_tags_is_news(struct sync_run *run, const struct plan_item *item,
                      struct err *err) MUST_CHECK;
/* Remembers the plan's, and forgets those that are not kept any more. Writes only what changed. */
int kept_tags_remember(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
