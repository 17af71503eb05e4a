/* events: the events of a sync, made from items of the plan. */
#ifndef DRYDOCK_SYNC_TRANSFER_EVENTS_H
#define DRYDOCK_SYNC_TRANSFER_EVENTS_H

#include "sync/run/run.h"

struct event_action events_action(const struct plan_item *item);
/* EVENT_PLAN for everything in the plan, in its order, then for what is only told. */
int events_plan(struct sync_run *run, struct err *err) MUST_CHECK;
/* EVENT_OBJECT, and the counts of the summary. */
void events_object(struct sync_run *run, const struct plan_item *item, uint64_t sent_bytes,
                   int64_t duration_ms);
/* Something that it needs has failed. */
void events_held(void *run, const struct plan_item *item);
/* A tag that another root has moved since it was listed: the plan is another now. */
void events_moved(struct sync_run *run, const struct plan_item *item);
void events_summary(struct sync_run *run, enum err_code result);

#endif
