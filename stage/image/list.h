/*
 * list: the images of one source, whatever wrote it, and their names (D1, D2, D3, I8).
 *
 *     image_list_load(&list, import, &rules, err)      reads the documents; nothing is published
 *     list_names_join(&list, err) …                    see list_names.h
 *     for (i = 0; i < list.count; i++) … list.images[i] …
 *     image_list_release(&list);
 */
#ifndef DRYDOCK_STAGE_IMAGE_LIST_H
#define DRYDOCK_STAGE_IMAGE_LIST_H

#include "stage/image/list_images.h"

/*
 * Finds out what the source is, reads its documents, and names each image by what is said of it
 * alone. ERR_MALFORMED when there is no image in it, ERR_NOT_FOUND when none is that was asked for.
 * Release the list also after an error.
 */
int image_list_load(struct image_list *list, struct import *import,
                    const struct image_names *name_rules, struct err *err) MUST_CHECK;
void image_list_release(struct image_list *list);

#endif
