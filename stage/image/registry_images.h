/*
 * registry_images: the images that a docker:// source means: a tag, a digest, or the tags that
 * match a pattern (R2).
 */
#ifndef DRYDOCK_STAGE_IMAGE_REGISTRY_IMAGES_H
#define DRYDOCK_STAGE_IMAGE_REGISTRY_IMAGES_H

#include "stage/image/list_images.h"

/*
 * Adds them to the list, named. ERR_NOT_FOUND for a tag that is not there, with some that are;
 * ERR_INTEGRITY for one that has another digest than was asked for.
 */
int registry_images_load(struct image_list *list, struct err *err) MUST_CHECK;

#endif
