/*
 * manifest: an image manifest or an index (image-spec manifest.md, image-index.md; Docker's schema
 * 2), parsed within limits and checked (V2), so that every client reads the same thing.
 *
 *     struct manifest doc = MANIFEST_INIT;
 *     if (manifest_read(&doc, text, len, descriptor.media_type, limits, err) < 0) …
 *     for (size_t i = 0; i < manifest_child_count(&doc); i++)
 *             manifest_child(&doc, i, &child, path, err);
 *     manifest_release(&doc);
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_MANIFEST_H
#define DRYDOCK_STAGE_DOCUMENT_MANIFEST_H

#include "base/media_type.h"
#include "stage/document/descriptor.h"

struct manifest {
	json_t *json;              /* owned */
	enum manifest_kind kind;   /* MANIFEST_IMAGE, MANIFEST_INDEX or MANIFEST_ARTIFACT */
	const char *media_type;    /* one of the constants of base/media_type.h */
	struct descriptor config;  /* of an image; else its digest.alg is DIGEST_NONE */
	struct descriptor subject; /* digest.alg is DIGEST_NONE when there is none */
	const char *artifact_type; /* borrowed; NULL: none */
	const json_t *annotations; /* borrowed; NULL: none */
	const json_t *children;    /* borrowed: layers, manifests or blobs; NULL: none */
};

#define MANIFEST_INIT                                                                              \
	{                                                                                          \
		.json = NULL                                                                       \
	}

/*
 * `media_type` is what the descriptor says, or NULL when nothing has said anything. A document
 * whose own mediaType is another one is refused; one without is typed by its shape.
 */
int manifest_read(struct manifest *doc, const char *text, size_t len, const char *media_type,
                  const struct json_limits *limits, struct err *err) MUST_CHECK;
void manifest_release(struct manifest *doc);

size_t manifest_child_count(const struct manifest *doc);
/* Fills in the child and its path ("layers[3]"). */
int manifest_child(const struct manifest *doc, size_t index, struct descriptor *child,
                   char path[DESCRIPTOR_PATH_MAX], struct err *err) MUST_CHECK;

/* The type that a referrers list shows: artifactType, or an image's config type. */
const char *manifest_artifact_type(const struct manifest *doc);

/*
 * The index.json of an OCI layout: an index that need not say its mediaType, and whose size limit
 * is larger.
 */
int manifest_read_layout_index(struct manifest *doc, const char *text, size_t len,
                               const struct json_limits *limits, struct err *err) MUST_CHECK;

#endif
