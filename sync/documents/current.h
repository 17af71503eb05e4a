/*
 * current: what the bucket holds, at this moment, of what a shared list is made of (W2, W4), asked
 * for beside other requests:
 *
 *     current = current_document_start(run, &item, err)
 *     … dispatch_step … until current_document_advance(current, err) != 0
 *     current->found, current->etag, current->tags or current->body
 *     current_document_free(current)
 *
 * Of a tags/list: first its ETag, then the repository's tags. In this order, because a root that
 * publishes a tag writes the list after it: a list that was written since the ETag was read is
 * refused by If-Match, whereas with the ETag of a newer list one would overwrite it without its
 * newest tag. Of other lists: their bytes, with the ETag of those.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_CURRENT_H
#define DRYDOCK_SYNC_DOCUMENTS_CURRENT_H

#include "base/name_list.h"
#include "sync/dispatch/ask.h"
#include "sync/dispatch/list_bucket.h"
#include "sync/run/run.h"

enum { CURRENT_DOCUMENT_MAX_BYTES = 20 << 20 }; /* of a list */

struct current_document {
	bool found;            /* the list itself */
	const char *etag;      /* of it; "" when it is not there */
	struct name_list tags; /* of the repository; owned */
	struct str body;       /* of other lists; owned */

	/* current.c's own. */
	struct sync_run *run; /* borrowed */
	char key[KEY_MAX];
	char prefix[KEY_MAX]; /* where the tags are; "" this is no tags/list */
	struct ask ask;
	struct list_bucket *listing; /* owned; NULL: not begun */
	char after[S3_KEY_MAX + 1];  /* where to go on; "" when the end was reached */
};

struct current_document *current_document_start(struct sync_run *run, const struct plan_item *item,
                                                struct err *err) MUST_CHECK;
/* Asks for what comes next. 1 everything is known, 0 not yet, -1. */
int current_document_advance(struct current_document *current, struct err *err) MUST_CHECK;
/* Starts it and waits until everything is known. NULL on an error. */
struct current_document *current_document_read(struct sync_run *run, const struct plan_item *item,
                                               struct err *err) MUST_CHECK;
/* Unless it is over, everything in the queue must have been cancelled. NULL is fine. */
void current_document_free(struct current_document *current);

#endif
