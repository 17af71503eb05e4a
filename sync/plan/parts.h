/* parts: which parts of an upload that goes on are in the bucket already. */
#ifndef DRYDOCK_SYNC_PLAN_PARTS_H
#define DRYDOCK_SYNC_PLAN_PARTS_H

#include "sync/plan/plan.h"

extern const char PLAN_PART_TABLE[];

int plan_part_put(struct plan *plan, int64_t item, uint32_t number, const char *etag,
                  struct err *err) MUST_CHECK;
typedef int plan_part_fn(void *context, uint32_t number, const char *etag, struct err *err);
/* The parts of one item by number. What `fn` returns other than 0 ends it, and is returned. */
int plan_parts_each(struct plan *plan, int64_t item, plan_part_fn *fn, void *context,
                    struct err *err) MUST_CHECK;

#endif
