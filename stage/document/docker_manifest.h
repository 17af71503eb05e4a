/*
 * docker_manifest: makes the manifest that a docker-archive does not have (D1, D3, C1).
 * One fixed order of keys, no white space: the same image gives the same bytes and so the same
 * digest, always.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_DOCKER_MANIFEST_H
#define DRYDOCK_STAGE_DOCUMENT_DOCKER_MANIFEST_H

#include "base/digest.h"
#include "base/str.h"
#include "stage/document/manifest.h"

#include <stdint.h>

enum manifest_format { MANIFEST_DOCKER, MANIFEST_OCI };

enum layer_encoding { LAYER_PLAIN, LAYER_GZIP, LAYER_ZSTD };

struct manifest_blob {
	struct digest digest; /* of the stored bytes, and how many they are */
	uint64_t size_bytes;
	enum layer_encoding encoding; /* layers only */
};

/* ERR_USAGE for zstd layers in Docker's format, which has no type for them. */
int docker_manifest_write(struct str *out, enum manifest_format format,
                          const struct manifest_blob *config, const struct manifest_blob *layers,
                          size_t layer_count, struct err *err) MUST_CHECK;

/*
 * Whether `text`, which was read as `doc`, is byte for byte what docker_manifest_write makes of
 * what is in it: 1, 0, -1. Such a manifest was made here, or elsewhere to look so.
 */
int docker_manifest_is_own(const struct manifest *doc, const struct str *text,
                           struct err *err) MUST_CHECK;

#endif
