/*
 * kind: what media types, artifact types and predicate types are called by people. Pure; what is
 * not known here is called by its own name.
 */
#ifndef DRYDOCK_STAGE_PAGE_KIND_H
#define DRYDOCK_STAGE_PAGE_KIND_H

/* "Notation signature" of an artifactType, a config's type or a predicate's. */
const char *kind_of_artifact(const char *type);
/* "gzip", "zstd" or "tar" of a layer's media type. */
const char *kind_of_layer(const char *media_type);

enum kind_of_pull { PULL_CONTAINER, PULL_HELM, PULL_ORAS };
/* What pulls an image with a config of this type; NULL: an index. */
enum kind_of_pull kind_of_pull(const char *config_type);

#endif
