/* render: the bytes of the documents of documents.h, ours united with the bucket's. */
#ifndef DRYDOCK_SYNC_DOCUMENTS_RENDER_H
#define DRYDOCK_SYNC_DOCUMENTS_RENDER_H

#include "sync/documents/current.h"

/*
 * What a list must hold by the state and the listing of this run; for lists of referrers by what
 * the bucket has, which is read, and whose ETag becomes item->there_etag.
 */
int render_document(struct sync_run *run, struct plan_item *item, struct str *out,
                    struct err *err) MUST_CHECK;
/* What it must hold by what the bucket holds now; item->there_etag and md5 are of that. */
int render_document_now(struct sync_run *run, struct plan_item *item,
                        struct current_document *current, struct str *out,
                        struct err *err) MUST_CHECK;
/* _catalog by the state, the listing, and what the bucket's names that is newer: catalog_news.h. */
int render_newest_catalog(struct sync_run *run, const struct current_document *current,
                          struct str *out, struct err *err) MUST_CHECK;
/* About how many repositories render_newest_catalog will ask, when the plan has been carried out so
 * far. */
int render_count_asked(struct sync_run *run, unsigned *count, struct err *err) MUST_CHECK;

#endif
