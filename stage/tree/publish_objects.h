/*
 * publish_objects: one object after the other into the tree and the state. Bytes that the root has
 * already are linked to the new key, and new ones move there out of tmp.
 */
#ifndef DRYDOCK_STAGE_TREE_PUBLISH_OBJECTS_H
#define DRYDOCK_STAGE_TREE_PUBLISH_OBJECTS_H

#include "base/digest_map.h"
#include "db/root/publication.h"
#include "db/root/tree_file.h"
#include "db/state/object.h"
#include "stage/image/import.h"

struct publish_objects {
	struct import *import;           /* borrowed */
	struct publication *publication; /* borrowed */
	struct text_set *looked;         /* borrowed: folders, for tree_file_mend_modes */
	uint32_t *moved;                 /* owned: numbers of the temp blobs that have steps */
	size_t moved_count, moved_cap;
	struct digest *fresh; /* owned: objects that the root did not have */
	size_t fresh_count, fresh_cap;
	struct digest_map given; /* of `moved`: their keys all have files, or steps before */
	uint64_t new_blobs,
		new_bytes; /* that the root did not have, since they were last counted */
};

void publish_objects_release(struct publish_objects *p);

/* 1 when something was published, 0 when it was there. */
int publish_objects_put(struct publish_objects *p, const char *key, enum object_class object_class,
                        const struct digest *digest, const char *media_type,
                        struct err *err) MUST_CHECK;

/*
 * Puts what the temp store has of these bytes in the place of what has rotted. The source's bytes
 * were read and verified; without --recheck they were only read where the root seemed to have none.
 */
int publish_objects_repair(struct publish_objects *p, const struct digest *digest,
                           struct err *err) MUST_CHECK;

#endif
