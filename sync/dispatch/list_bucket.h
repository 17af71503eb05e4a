/*
 * list_bucket: lists the bucket below v2/ in parallel segments and hands each page to the caller.
 *
 * The key space is cut at quantiles of the state's keys and each segment is listed with its own
 * start-after. The first page is asked for alone: in a bucket with less than a page nothing else is
 * needed. At most N/1000 + 1 + segments requests.
 *
 *     list_bucket(dispatch, db, on_page, context, err)
 *
 * on_page is called for each page of a segment in key order (segments interleave), with `after` and
 * `until` set so that all calls together cover the whole key space without gap or overlap: the
 * bucket's keys in (after, until] are exactly those of the page, "" meaning from the start and NULL
 * to the end. A page that is not strictly ascending, or that is truncated without a token, ends the
 * listing with an error (G2).
 */
#ifndef DRYDOCK_SYNC_DISPATCH_LIST_BUCKET_H
#define DRYDOCK_SYNC_DISPATCH_LIST_BUCKET_H

#include "sync/dispatch/dispatch.h"

#include "db/state/db.h"

enum { LIST_SEGMENTS = 4 };

struct list_page {
	const char *after;               /* exclusive */
	const char *until;               /* inclusive; NULL: to the end */
	const struct s3_object *objects; /* borrowed, in key order, all in (after, until] */
	size_t count;
};

/* 0; 1 when nothing more of this segment is wanted; -1. */
typedef int list_page_fn(void *context, const struct list_page *page, struct err *err);

int list_bucket(struct dispatch *d, struct db *db, list_page_fn *on_page, void *context,
                struct err *err) MUST_CHECK;

/* Lists what begins with `prefix` to its end, in one stream. */
int list_bucket_below(struct dispatch *d, const char *prefix, list_page_fn *on_page, void *context,
                      struct err *err) MUST_CHECK;

/*
 * Lists what begins with `prefix` and is greater than `after` ("": all), in one stream, beside
 * other requests: dispatch_step until list_bucket_is_over, then list_bucket_free. A failure ends
 * the run, as dispatch_step says; before list_bucket_free everything must then be cancelled.
 * `prefix` is copied.
 */
struct list_bucket;
struct list_bucket *list_bucket_start(struct dispatch *d, const char *prefix, const char *after,
                                      list_page_fn *on_page, void *context,
                                      struct err *err) MUST_CHECK;
bool list_bucket_is_over(const struct list_bucket *l);
void list_bucket_free(struct list_bucket *l); /* NULL is fine */

#endif
