/* tree_document: the manifests and configs of the tree, read within limits, for people to look at.
 */
#ifndef DRYDOCK_STAGE_PAGE_TREE_DOCUMENT_H
#define DRYDOCK_STAGE_PAGE_TREE_DOCUMENT_H

#include "db/root/root.h"
#include "stage/document/manifest.h"

/*
 * A manifest or index that the repository publishes: 0, or -1 when it cannot be read or
 * understood, which `err` says. manifest_release(doc) in both cases.
 */
int tree_document_manifest(const struct root *root, const char *repo, const struct digest *d,
                           struct manifest *doc, struct err *err) MUST_CHECK;

/* A blob that is a JSON object. The caller's (json_decref), or NULL with `err`. */
json_t *tree_document_blob(const struct root *root, const char *repo, const struct digest *d,
                           struct err *err) MUST_CHECK;

/* "2024-05-01T12:00:00.123456789+02:00", as configs and annotations have it; 0: no such time. */
int64_t tree_document_time(const char *text);

#endif
