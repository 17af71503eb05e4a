/*
 * documents: the documents that several roots share (W2 to W4).
 *
 *     tags/list                  the bucket's tags and ours, less what is being removed
 *     _catalog                   the bucket's repositories and ours; read again before it is
 *                                replaced (catalog_news.h)
 *     referrers, fallback tags   ours merged with the bucket's, by descriptor digest (merge.h)
 *
 * The bytes to send are made while planning and kept in the plan, so that what stage does meanwhile
 * cannot change them. Where ours equals the bucket's nothing is read and nothing is sent.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_DOCUMENTS_H
#define DRYDOCK_SYNC_DOCUMENTS_DOCUMENTS_H

#include "sync/documents/current.h"
#include "sync/run/run.h"

/*
 * Decides about every list that scan left PLAN_UNDECIDED. The whole listing is known. A list that
 * cannot be read or merged fails alone (F3): it is PLAN_FAILED.
 */
int documents_plan(struct sync_run *run, struct err *err) MUST_CHECK;

/*
 * When it is known what --delete removes: plans the lists that name any tag that goes, by it or
 * because it was untagged, and are not in the plan, because this root has no such list, or is not
 * about it.
 */
int documents_plan_losing(struct sync_run *run, struct err *err) MUST_CHECK;

enum document_verdict {
	DOCUMENT_ERROR = -1,
	DOCUMENT_IS_RIGHT, /* the bucket's is: there is nothing to send */
	DOCUMENT_MUST_GO,  /* the item must be sent, with the body that it has in the plan */
	DOCUMENT_IS_HELD,  /* the tags that it would name have failed, and there are no others */
};

/*
 * Before an item is sent. When objects have failed in this run, a tags/list is made anew from what
 * the bucket does hold, so that it names no tag that is not there, and each that is; one that was
 * to be removed is written instead, and a new one that would name none is held. The catalogue is
 * read once more before it is replaced, and when objects have failed; what others have published
 * since the listing stays in it, and new repositories without a list of tags are left out. Any
 * other item must go as it is.
 */
enum document_verdict documents_before(struct sync_run *run, struct plan_item *item,
                                       struct err *err) MUST_CHECK;

/*
 * After an item was written: whether it is a list that must be looked at once more, since another
 * root may have published a tag or a list meanwhile. A tags/list that replaced another always: the
 * ETag in its condition may be newer than its tags. Any other only where the server's conditions
 * are not certain.
 */
bool documents_must_check(const struct sync_run *run, const struct plan_item *item);

/*
 * Adds what documents_before, and the look after the item was written, ask of the bucket, if
 * nothing goes wrong. `requests` is by enum request_kind.
 */
int documents_count_requests(struct sync_run *run, const struct plan_item *item, uint64_t *requests,
                             struct err *err) MUST_CHECK;

/*
 * Makes a list anew from what the bucket holds now: after that look, or when another root has
 * written it since it was planned. `written_etag` is what the bucket answered when `item` was
 * written; "" it was not.
 */
enum document_verdict documents_merge(struct sync_run *run, struct plan_item *item,
                                      const char *written_etag, struct current_document *current,
                                      struct err *err) MUST_CHECK;

#endif
