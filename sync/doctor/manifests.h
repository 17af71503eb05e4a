/*
 * manifests: fetches each manifest of the sample, several side by side, and tells what is wrong
 * with their types, bytes and headers: the checks from CHECK_MANIFESTS to CHECK_GZIP, CHECK_CACHE.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_MANIFESTS_H
#define DRYDOCK_SYNC_DOCTOR_MANIFESTS_H

#include "sync/doctor/client.h"

#include "base/layout.h"
#include "db/state/object.h"

struct client;

/* Something that is wrong with some of the manifests. */
struct trouble {
	unsigned count;
	int status;
	char first[KEY_MAX + 2 * MEDIA_TYPE_MAX];
};

struct manifests {
	struct client *client; /* borrowed */
	unsigned read;
	struct trouble unreadable, type, charset, bytes, encoded, cache;
	char key[KEY_MAX];      /* of the first one that could be read; "" */
	char blob_key[KEY_MAX]; /* a blob that one of them names; "" */
	uint64_t blob_bytes;
	char image_key[KEY_MAX]; /* of the smallest one that is an image for one platform; "" */
	uint64_t image_bytes;
};

int manifests_fetch(struct manifests *m, const struct sample *sample, struct err *err) MUST_CHECK;
/* What came of it, all but the caching headers; false: none can be read. */
bool manifests_tell(const struct manifests *m, bool more);
void manifests_tell_cache(const struct manifests *m);

#endif
