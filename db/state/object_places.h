/* object_places: in which repositories a blob or manifest is published. */
#ifndef DRYDOCK_DB_STATE_OBJECT_PLACES_H
#define DRYDOCK_DB_STATE_OBJECT_PLACES_H

#include "base/digest.h"
#include "base/layout.h"
#include "db/state/tag.h"

/*
 * Calls `fn` for each repository that publishes `d` in this class, in byte order. `fn` may write to
 * the state. A non-zero result of `fn` ends the walk with that value.
 */
int object_places_each(struct db *db, const struct digest *d, enum object_class object_class,
                       repo_fn fn, void *context, struct err *err) MUST_CHECK;

/*
 * The next keys in order of digest (then class, then key), after `after` (NULL from the start), at
 * most `max`: links to one file come one after the other. Returns how many, or -1.
 */
struct object_place {
	struct digest digest;
	enum object_class object_class;
	char key[KEY_MAX];
	uint64_t size_bytes; /* as recorded */
};
int object_places_page(struct db *db, const struct object_place *after, struct object_place *rows,
                       int max, struct err *err) MUST_CHECK;

/*
 * Calls `fn` for each of these keys; `only`: those of one digest (NULL: all). No statement is open
 * meanwhile (K7). A non-zero result of `fn` ends the walk with that value.
 */
typedef int (*object_place_fn)(void *context, const struct object_place *place, struct err *err);
int object_places_walk(struct db *db, const struct digest *only, object_place_fn fn, void *context,
                       struct err *err) MUST_CHECK;

#endif
