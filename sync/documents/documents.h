/*
 * documents: the documents that several roots share (W2 to W4 of the sync requirements).
 *
 *     tags/list   the bucket's tags and ours, less what is being removed
 *     _catalog    the bucket's repositories and ours; read again before it is replaced
 * (catalog_news.h) referrers, fallback tags   ours merged with the bucket's, by descriptor digest
 *
 * The bytes to send are made while planning and kept in the plan, so that what stage does meanwhile
 * cannot change them. Where ours equals the bucket's nothing is read and nothing is sent.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_DOCUMENTS_H
#define DRYDOCK_SYNC_DOCUMENTS_DOCUMENTS_H

#include "sync/documents/current.h"
#include "sync/run/run.h"

/*
 * Decides about every list that scan left open. The whole listing is known. A list that cannot be
 * read or merged fails alone (F3): it is PLAN_FAILED.
 */
int documents_plan(struct sync_run *run, struct err *err) MUST_CHECK;

/*
 * Whether an error met while a list was read or merged is about the run. If not, it is about that
 * list alone, and everything else goes on.
 */
bool documents_ends_run(const struct sync_run *run, const struct err *err);

/*
 * Before a list is sent: when objects have failed in this run, a tags/list is made anew from what
 * the bucket does hold, so that it names no tag that is not there. The catalogue is read once more,
 * if documents_reads_first says so, and what others have published since the listing stays in it. 0
 * to send, 1 when the bucket's is right already, -1.
 */
int documents_before(struct sync_run *run, struct plan_item *item, struct err *err) MUST_CHECK;

/* Whether documents_before reads what this item replaces, if nothing goes wrong. */
bool documents_reads_first(const struct sync_run *run, const struct plan_item *item);

/*
 * After a list was written: whether it must be looked at once more, since somebody may have
 * published a tag or a list meanwhile. A tags/list that replaced another always: the ETag in its
 * condition may be newer than its tags. Any other only where the server's conditions are not
 * certain.
 */
bool documents_must_check(const struct sync_run *run, const struct plan_item *item);

/*
 * Makes a list anew from what the bucket holds now: after that look, or when somebody else has
 * written it since we planned. `written_etag` is what the bucket answered when `item` was written;
 * "" it was not. 1 when `item` (with a new body in the plan) must be sent, 0 when the bucket's
 * holds ours already, -1.
 */
int documents_merge(struct sync_run *run, struct plan_item *item, const char *written_etag,
                    struct current_document *current, struct err *err) MUST_CHECK;

#endif
