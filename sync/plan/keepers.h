/*
 * keepers: manifests and lists of the bucket that stay and are not ours. What they refer to must
 * stay too: diff/prune.h reads them, and adds what it finds.
 */
#ifndef DRYDOCK_SYNC_PLAN_KEEPERS_H
#define DRYDOCK_SYNC_PLAN_KEEPERS_H

#include "sync/plan/plan.h"

extern const char KEEPERS_TABLE[];

int keepers_add(struct plan *plan, const char *key, const char *repo, struct err *err) MUST_CHECK;
/* Forgets those of repositories from which nothing would go. */
int keepers_trim(struct plan *plan, struct err *err) MUST_CHECK;
/* The next one that was not read yet. 1, 0, -1. */
int keepers_next(struct plan *plan, char key[KEY_MAX], struct err *err) MUST_CHECK;
/* In repositories of keepers no list goes. */
int keepers_keep_lists(struct plan *plan, struct err *err) MUST_CHECK;

#endif
