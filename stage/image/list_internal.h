/* What fills a list (stage/image/list.h) shares: its images, one for each manifest. */
#ifndef DRYDOCK_STAGE_IMAGE_LIST_INTERNAL_H
#define DRYDOCK_STAGE_IMAGE_LIST_INTERNAL_H

#include "stage/image/list.h"

/* A new one, zeroed; NULL with the error. */
struct image *list_add_image(struct image_list *list, struct err *err) MUST_CHECK;
/* That of the graph's node; NULL: there is none. */
struct image *list_find_image(const struct image_list *list, uint32_t node);
/* The same, made when there is none; NULL with the error. */
struct image *list_image_of(struct image_list *list, uint32_t node, struct err *err) MUST_CHECK;

#endif
