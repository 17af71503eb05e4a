/*
 * config: what drydock needs of an image's config (image-spec config.md; Docker's is the
 * same): the platform, and the digests of the plain layers.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_CONFIG_H
#define DRYDOCK_STAGE_DOCUMENT_CONFIG_H

#include "base/digest.h"
#include "base/json.h"
#include "stage/document/platform.h"

struct image_config {
	struct platform platform; /* "" parts: not said */
	struct digest *diff_ids;  /* owned: of the plain layers, the lowest first */
	size_t diff_id_count;
};

#define IMAGE_CONFIG_INIT                                                                          \
	{                                                                                          \
		.diff_ids = NULL                                                                   \
	}

/* ERR_MALFORMED or ERR_REFUSED. A config without rootfs has no diff_ids. */
int image_config_read(struct image_config *config, const char *text, size_t len,
                      const struct json_limits *limits, struct err *err) MUST_CHECK;
void image_config_release(struct image_config *config);

/* Whether a config of this media type is an image's, and so can be read. */
bool image_config_is_known(const char *media_type);

#endif
