/*
 * docker_layers: turns the layers of a docker-archive's image into blobs, and writes the manifest
 * that lists them. For each layer, the first that holds:
 *
 *     it came compressed: kept as it is, and inflated once to see that it holds its diff_id; only
 *                         hashed when an earlier run has kept these bytes, and not read either
 *                         when its name is their digest
 *     the root has compressed this diff_id before (C2)                  nothing is read
 *     the stream's pass has compressed it, or it is read and compressed now   hashed on the way
 */
#ifndef DRYDOCK_STAGE_IMAGE_DOCKER_LAYERS_H
#define DRYDOCK_STAGE_IMAGE_DOCKER_LAYERS_H

#include "stage/image/docker_archive.h"

/*
 * Brings the layers into the temp store (compressed by --compress, or kept as they are if they came
 * compressed), checks each against its diff_id, and appends the manifest to `out`.
 */
int docker_layers_build(const struct docker_image *image, struct import *import,
                        enum manifest_format format, struct str *out, struct err *err) MUST_CHECK;

#endif
