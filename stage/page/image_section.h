/*
 * image_section: all that there is to say of one image: how to pull it, its digest, size, platforms
 * and dates, its layers and who shares them, labels, annotations, provenance, and what refers to
 * it.
 */
#ifndef DRYDOCK_STAGE_PAGE_IMAGE_SECTION_H
#define DRYDOCK_STAGE_PAGE_IMAGE_SECTION_H

#include "stage/page/repository_view.h"

/* Appends the section of view->survey->images[image]. */
int image_section_write(const struct repository_view *view, uint32_t image, struct str *out,
                        struct err *err) MUST_CHECK;

#endif
