/* What the files of documents.h share. */
#ifndef DRYDOCK_SYNC_DOCUMENTS_INTERNAL_H
#define DRYDOCK_SYNC_DOCUMENTS_INTERNAL_H

#include "sync/documents/current.h"
#include "sync/documents/documents.h"

/*
 * What a list must hold by the state and the listing of this run; for lists of referrers by what
 * the bucket has, which is read, and whose ETag becomes item->there_etag.
 */
int derived_document(struct engine *e, struct plan_item *item, struct str *out,
                     struct err *err) MUST_CHECK;
/* What it must hold by what the bucket holds now; item->there_etag and md5 are of that. */
int derived_document_now(struct engine *e, struct plan_item *item, struct gather *g,
                         struct str *out, struct err *err) MUST_CHECK;
/* _catalog by the state, the listing, and what the bucket's names besides. */
int derived_newest_catalog(struct engine *e, const struct gather *g, struct str *out,
                           struct err *err) MUST_CHECK;

#endif
