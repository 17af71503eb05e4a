/*
 * docker_oci_manifest: the OCI manifest that docker save (since 25) writes beside manifest.json. It
 * was made without looking at the layers, and in 25.0.0 it is wrong; so it is published only when
 * nothing was converted (--compress=none) and it says what manifest.json and the layers say
 * (D1).
 */
#ifndef DRYDOCK_STAGE_IMAGE_DOCKER_OCI_MANIFEST_H
#define DRYDOCK_STAGE_IMAGE_DOCKER_OCI_MANIFEST_H

#include "stage/image/graph.h"

/*
 * *number is the manifest that was made from manifest.json; it is replaced by the archive's own
 * when index.json lists one with the same config and the same layers. What is wrong in the
 * archive's own documents is no error: then they are not used.
 */
int docker_oci_manifest_find(struct graph *graph, uint32_t *number, struct err *err) MUST_CHECK;

#endif
