/*
 * identity: what bytes of the tree are: their digest and, of manifests, their media type (H2).
 *
 * The state is only asked for what holds whatever else changes; many threads ask, and one at a time
 * uses the connection (K6).
 */
#ifndef DRYDOCK_STAGE_SERVE_IDENTITY_H
#define DRYDOCK_STAGE_SERVE_IDENTITY_H

#include "base/layout.h"
#include "base/str.h"
#include "db/state/object.h"
#include "stage/serve/route.h"

#include <pthread.h>

struct identity_state {
	struct db *db;         /* borrowed */
	pthread_mutex_t *lock; /* borrowed: of its connection */
};

/*
 * The digest of `body`, which is what the tree holds for `route` as an object of that class. That
 * of a tag is by the algorithm of the manifest that it points to. ERR_INTEGRITY when the route
 * names another digest.
 */
int identity_digest(const struct identity_state *state, enum object_class object_class,
                    const struct route *route, const struct str *body, struct digest *d,
                    struct err *err) MUST_CHECK;

/* The media type of a manifest: the state's, or its own, or that of unknown bytes. */
void identity_type(const struct identity_state *state, const struct digest *d,
                   const struct str *body, char type[MEDIA_TYPE_MAX]);

#endif
