/*
 * image_choice: which images of a source --image, or what stands behind the path in oci:DIR:TAG,
 * means (I8). Pure, but for the record of what there was.
 *
 * It means an image by a name that the source gives it, as it is written there or in Docker's
 * familiar form (app:1 is docker.io/library/app:1, app is app:latest), by the tag that a ref.name
 * is, by its digest, or as @N by its place in index.json or manifest.json, from 0.
 */
#ifndef DRYDOCK_STAGE_DOCUMENT_IMAGE_CHOICE_H
#define DRYDOCK_STAGE_DOCUMENT_IMAGE_CHOICE_H

#include "base/name.h"
#include "base/str.h"

struct image_choice {
	const char *text; /* borrowed; NULL: every image is chosen */
	enum name_hosts hosts;
	size_t matches;    /* names and digests that were chosen */
	struct str others; /* for the error: names that were not, "a, b" */
	size_t other_count;
};

void image_choice_init(struct image_choice *choice, const char *text, enum name_hosts hosts);
void image_choice_release(struct image_choice *choice);

/* Each notes what it was asked about. */
bool image_choice_name(struct image_choice *choice, const char *name);
bool image_choice_digest(struct image_choice *choice, const struct digest *digest);
bool image_choice_index(struct image_choice *choice, size_t index);

/* ERR_NOT_FOUND when nothing was chosen, with the names that there are. */
int image_choice_check(const struct image_choice *choice, struct err *err) MUST_CHECK;

#endif
