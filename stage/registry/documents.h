/*
 * documents: a manifest, a config, all tags out of a registry, whole and in memory; each waited
 * for. Sizes are limits here; that the bytes have the digest they were asked by is the caller's to
 * check.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_DOCUMENTS_H
#define DRYDOCK_STAGE_REGISTRY_DOCUMENTS_H

#include "base/str.h"
#include "stage/registry/requests.h"
#include "stage/registry/tag_list.h"

/*
 * Appends the document of that digest to `out`, as long as that allows. 1, 0 when it is not there,
 * -1.
 */
int registry_document(struct registry_session *s, const char *repo, enum registry_store store,
                      const struct digest *digest, struct str *out, struct err *err) MUST_CHECK;

/* Adds all tags of the repository, page by page. */
int registry_list_tags(struct registry_session *s, const char *repo, struct tag_list *list,
                       struct err *err) MUST_CHECK;

/*
 * Makes the request one for the page behind that of `answer`. 1, 0 when that was the last, -1.
 */
int registry_ask_page(struct registry_request *request, const struct http_answer *answer,
                      struct err *err) MUST_CHECK;

#endif
