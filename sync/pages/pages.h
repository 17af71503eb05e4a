/*
 * pages: the pages for people (`drydock page`) into the bucket, after all that they link to: those
 * of repositories side by side, then the index, united with that of other roots which share the
 * bucket; then pages go to which nothing leads any more (W6). They are objects that the state does
 * not know: what is the same is told by size and ETag, or by the digest that a page is stored with.
 */
#ifndef DRYDOCK_SYNC_PAGES_PAGES_H
#define DRYDOCK_SYNC_PAGES_PAGES_H

#include "sync/run/run.h"

/* ERR_NOT_FOUND when --page was said and the root has no pages. */
int pages_check(const struct sync_run *run, struct err *err) MUST_CHECK;

/*
 * When --page was said: sends what the bucket lacks or has otherwise; a dry run only tells it. What
 * fails of them fails alone (F3).
 */
int pages_publish(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
