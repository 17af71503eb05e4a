/*
 * warn_absent: says what an image is published without: the platforms of a sparse index that are
 * not there, and layers that every client has to get elsewhere (I9).
 */
#ifndef DRYDOCK_STAGE_IMAGE_WARN_ABSENT_H
#define DRYDOCK_STAGE_IMAGE_WARN_ABSENT_H

#include "stage/image/list.h"

/* One warning for each index and each layer. image->node is what will be published. */
int warn_absent(const struct graph *graph, const struct image *image, struct err *err) MUST_CHECK;

#endif
