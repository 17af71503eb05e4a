/*
 * fetch_documents: the manifests and configs that images of a registry consist of, side by side
 * (R8) instead of one after another as the graph reads them: an index of many platforms takes few
 * round trips.
 *
 * It goes ahead of graph_add, which finds what is here in the temp store, and decides and complains
 * as ever: what is missing, refused or wrong is remembered (stage/image/remote.h) for that.
 */
#ifndef DRYDOCK_STAGE_IMAGE_FETCH_DOCUMENTS_H
#define DRYDOCK_STAGE_IMAGE_FETCH_DOCUMENTS_H

#include "stage/image/import.h"
#include "stage/registry/resolve.h"

struct fetch_documents; /* what is wanted */

struct fetch_documents *fetch_documents_new(struct import *import, struct err *err) MUST_CHECK;
void fetch_documents_free(struct fetch_documents *fetch); /* NULL is fine */

/* One of the manifests to begin with; media_type of base/media_type.h, or NULL. */
int fetch_documents_add(struct fetch_documents *fetch, const struct digest *digest,
                        uint64_t size_bytes, const char *media_type, struct err *err) MUST_CHECK;
/* Fetches them and all documents below them that are not here. */
int fetch_documents_run(struct fetch_documents *fetch, struct err *err) MUST_CHECK;

/* All of this for the tags that were found, whose texts go to the temp store, if they have some. */
int fetch_documents_of_tags(struct import *import, const struct registry_tag *tags, size_t count,
                            struct err *err) MUST_CHECK;

#endif
