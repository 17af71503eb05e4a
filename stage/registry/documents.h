/*
 * documents: manifests, configs and lists out of a registry, whole and in memory; each waited for.
 * Sizes are limits here; that the bytes have the digest they were asked by is the caller's to
 * check.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_DOCUMENTS_H
#define DRYDOCK_STAGE_REGISTRY_DOCUMENTS_H

#include "base/digest.h"
#include "base/media_type.h"
#include "base/str.h"
#include "stage/registry/session.h"
#include "stage/registry/tag_list.h"

/* What a manifest may be, for Accept. */
#define REGISTRY_MANIFEST_TYPES                                                                    \
	MT_OCI_INDEX ", " MT_OCI_MANIFEST ", " MT_DOCKER_LIST ", " MT_DOCKER_MANIFEST              \
		     ", " MT_OCI_ARTIFACT

enum registry_store { REGISTRY_MANIFESTS, REGISTRY_BLOBS };

/*
 * Appends the document of that digest to `out`, as long as that allows. 1, 0 when it is not there,
 * -1.
 */
int registry_document(struct registry_session *s, const char *repo, enum registry_store store,
                      const struct digest *digest, struct str *out, struct err *err) MUST_CHECK;

/* Appends the index of what refers to that digest. 1, 0 when the registry has no such list, -1. */
int registry_referrers(struct registry_session *s, const char *repo, const struct digest *digest,
                       struct str *out, struct err *err) MUST_CHECK;

/* Adds all tags of the repository, page by page. */
int registry_list_tags(struct registry_session *s, const char *repo, struct tag_list *list,
                       struct err *err) MUST_CHECK;

#endif
