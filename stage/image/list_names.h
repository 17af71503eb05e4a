/*
 * list_names: the names of a source's images seen together (I8): which of them a referrer takes
 * from its subject, and whether each tag is one image's.
 *
 *     list_names_join(&list, err)      when all images are listed and have their own names
 *     list_names_check(&list, err)     when it is known which platforms are wanted
 */
#ifndef DRYDOCK_STAGE_IMAGE_LIST_NAMES_H
#define DRYDOCK_STAGE_IMAGE_LIST_NAMES_H

#include "stage/image/list.h"

/* Gives unnamed referrers the repositories of their subjects, in the source and in the root. */
int list_names_join(struct image_list *list, struct err *err) MUST_CHECK;

/*
 * Among the images that are wanted: ERR_USAGE when none has a name, or one --name stands for
 * several; ERR_NOT_FOUND when all are for other platforms; ERR_REFUSED when one tag would be two
 * images. Warns of images without a name beside others.
 */
int list_names_check(const struct image_list *list, struct err *err) MUST_CHECK;

#endif
