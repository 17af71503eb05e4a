/*
 * manifest_look: what the doctor wants to know of a manifest's bytes. Pure.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_MANIFEST_LOOK_H
#define DRYDOCK_SYNC_DOCTOR_MANIFEST_LOOK_H

#include "base/digest.h"
#include "db/state/object.h"

struct manifest_look {
	char media_type[MEDIA_TYPE_MAX]; /* what it says of itself; else by what it holds, as OCI's
	                                  */
	struct digest blob; /* its config, or its first layer; DIGEST_NONE: it names none */
	uint64_t blob_bytes;
	bool is_image;        /* for one platform: it has a config of an image, and layers */
	uint64_t image_bytes; /* of those */
};

/* False: it is no manifest. */
bool manifest_look(struct manifest_look *look, const char *text, size_t len);

#endif
