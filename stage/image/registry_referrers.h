/*
 * registry_referrers: what a registry holds about the images of a docker:// source (R7):
 *
 *     the referrers API      GET /v2/NAME/referrers/DIGEST (OCI distribution specification 1.1)
 *     the fallback tag       <alg>-<hex>, where there is no such API
 *     what cosign stores     the tags sha256-<hex>.sig, .att and .sbom
 *
 * for each manifest that the images reach, and for what is found, until nothing new is.
 */
#ifndef DRYDOCK_STAGE_IMAGE_REGISTRY_REFERRERS_H
#define DRYDOCK_STAGE_IMAGE_REGISTRY_REFERRERS_H

#include "stage/image/list_images.h"

/*
 * Adds them to the list, behind its images. A referrer gets its subject's repositories from
 * list_names_join; what cosign stores stands under its tags beside each image. Nothing there is no
 * error.
 */
int registry_referrers_load(struct image_list *list, struct err *err) MUST_CHECK;

#endif
