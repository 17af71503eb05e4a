/* bodies: the bytes of documents that exist nowhere as a file, by the id of their item. */
#ifndef DRYDOCK_SYNC_PLAN_BODIES_H
#define DRYDOCK_SYNC_PLAN_BODIES_H

#include "sync/plan/plan.h"

extern const char PLAN_BODY_TABLE[];

/* Instead of those that the item had. */
int plan_body_put(struct plan *plan, int64_t id, const void *data, size_t len,
                  struct err *err) MUST_CHECK;
/* 1 found (*data is the caller's to free, with a NUL behind it), 0, -1. */
int plan_body_get(struct plan *plan, int64_t id, char **data, size_t *len,
                  struct err *err) MUST_CHECK;

#endif
