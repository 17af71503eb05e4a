/*
 * no_image: the error for a source that holds no image, with what it seems to hold instead, and
 * what to do about it.
 */
#ifndef DRYDOCK_STAGE_IMAGE_NO_IMAGE_H
#define DRYDOCK_STAGE_IMAGE_NO_IMAGE_H

#include "stage/archive/source.h"

/* Returns -1 with ERR_MALFORMED, or with what kept it from looking. */
int no_image(struct source *source, struct err *err);

#endif
