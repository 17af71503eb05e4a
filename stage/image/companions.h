/*
 * companions: what was saved for an image goes where that image went. A referrer that has no name
 * of its own joins its subject's repositories, and what cosign saves beside an image stands under
 * tags of that image's digest; when --platform, --sparse or --compress left something else of the
 * image, or nothing, neither has anything to be found by, and gc would remove it.
 */
#ifndef DRYDOCK_STAGE_IMAGE_COMPANIONS_H
#define DRYDOCK_STAGE_IMAGE_COMPANIONS_H

#include "base/text_set.h"
#include "db/state/db.h"
#include "stage/image/list.h"

/* Whether the image was saved for another one, and so says no platform of its own. */
static inline bool subject_is_needed(const struct image *image)
{
	return image->about.alg != DIGEST_NONE;
}

/*
 * Sets `waits` of each image whose subject is one of the list that has not been published itself:
 * until it is, the root may hold the subject for other names, and that is not all.
 */
void companions_note_waits(struct image_list *list);

/*
 * Asked when the other images are published, and again for what refers to a referrer. 1: at least
 * one repository of the image's names holds its subject, the other names are dropped. 0: none does,
 * and nothing is changed. -1. `planned` are keys that a dry run would have published, or NULL.
 */
int companions_join(struct db *db, const struct text_set *planned, struct image *image,
                    struct err *err) MUST_CHECK;

#endif
