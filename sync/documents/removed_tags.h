/*
 * removed_tags: tags that this root once sent, that have not moved here since, and that the bucket
 * does not have any more. If the bucket's lists do not name one either, another root removed it, or
 * this one did and does not know it any more: it stays removed (W1). What the lists still name got
 * lost, and is sent: its record is dropped, so that no list that lacks it meanwhile tells against
 * it.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_REMOVED_TAGS_H
#define DRYDOCK_SYNC_DOCUMENTS_REMOVED_TAGS_H

#include "sync/run/run.h"

/* Decides about each that scan left open; a GET for each list that differs from the root's. */
int removed_tags_plan(struct sync_run *run, struct err *err) MUST_CHECK;

/* Whether the tag is one that stays removed, and so in no list. 1, 0, -1. */
int removed_tags_has(struct sync_run *run, const char *key, struct err *err) MUST_CHECK;

#endif
