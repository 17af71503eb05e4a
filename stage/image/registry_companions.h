/*
 * registry_companions: what cosign keeps beside an image in a registry: signatures, attestations
 * and SBOMs, under tags made of the digest of what they are about (stage/document/cosign.h).
 *
 *     struct registry_companions companions = REGISTRY_COMPANIONS_INIT(&list);
 *     registry_companions_load(&companions, err)       again when the list has grown
 *     registry_companions_release(&companions);
 */
#ifndef DRYDOCK_STAGE_IMAGE_REGISTRY_COMPANIONS_H
#define DRYDOCK_STAGE_IMAGE_REGISTRY_COMPANIONS_H

#include "stage/image/list_images.h"

struct registry_companion; /* one that was found */

struct registry_companions {
	struct image_list *list;          /* borrowed */
	struct digest_map asked;          /* manifests; value: the last found of each + 1, or 0 */
	struct registry_companion *found; /* owned */
	size_t count, cap;
};

#define REGISTRY_COMPANIONS_INIT(images)                                                           \
	{                                                                                          \
		.list = (images), .asked = DIGEST_MAP_INIT                                         \
	}

/*
 * Asks for those of each manifest below a named image that was not asked for before, adds them to
 * the list, and names them: in the repositories of that image, by the tags they have here.
 */
int registry_companions_load(struct registry_companions *c, struct err *err) MUST_CHECK;
void registry_companions_release(struct registry_companions *c);

#endif
