/*
 * run_images: the images of one source that is open: which are wanted, their manifests made where
 * they have none, and all of it into the tree.
 */
#ifndef DRYDOCK_STAGE_RUN_IMAGES_H
#define DRYDOCK_STAGE_RUN_IMAGES_H

#include "stage/image/import.h"
#include "stage/stage_internal.h"

/* What was published before an image that fails stays published. */
int run_images(struct run *run, struct import *import, struct err *err) MUST_CHECK;

#endif
