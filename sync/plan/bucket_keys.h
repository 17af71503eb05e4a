/*
 * bucket_keys: what the bucket has beyond the plan, and lists must name: tags that are not to be
 * sent (of other roots, or left out by --exclude), and repositories.
 */
#ifndef DRYDOCK_SYNC_PLAN_BUCKET_KEYS_H
#define DRYDOCK_SYNC_PLAN_BUCKET_KEYS_H

#include "sync/plan/plan.h"

extern const char BUCKET_KEYS_TABLES[];

int bucket_keys_add_tag(struct plan *plan, const char *repo, const char *tag,
                        struct err *err) MUST_CHECK;
int bucket_keys_add_repo(struct plan *plan, const char *repo, struct err *err) MUST_CHECK;

/* Each in the order of bytes. What `fn` returns other than 0 ends it, and is returned. */
typedef int bucket_keys_fn(void *context, const char *name, struct err *err);
int bucket_keys_each_repo(struct plan *plan, bucket_keys_fn *fn, void *context,
                          struct err *err) MUST_CHECK;
int bucket_keys_each_tag(struct plan *plan, const char *repo, bucket_keys_fn *fn, void *context,
                         struct err *err) MUST_CHECK;
/* The next repository after `repo` ("" at first) that has such tags. 1, 0, -1. */
int bucket_keys_next_tagged(struct plan *plan, char repo[REPO_MAX + 1], struct err *err) MUST_CHECK;

#endif
