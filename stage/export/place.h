/*
 * place: one file of the root into the exported tree, as a link where the file systems can, else as
 * a clone or a copy of the same age, whole or not at all.
 */
#ifndef DRYDOCK_STAGE_EXPORT_PLACE_H
#define DRYDOCK_STAGE_EXPORT_PLACE_H

#include "stage/export/host.h"
#include "stage/export/marker.h"

#include <stdbool.h>
#include <sys/stat.h>

struct place {
	const struct root *root;        /* borrowed */
	const struct host_files *files; /* borrowed */
	int dir;                        /* of the exported tree; -1: there is none yet */
	uint64_t linked, copied;        /* files */
};

/*
 * The root's file of those bytes: a tag's is that of its manifest, which stays what it is while the
 * tag may move. Returns `key`.
 */
const char *place_source(const struct export_item *item, char key[KEY_MAX]);

/*
 * Whether the file at the item's key can be what a run has put there: of the size and, but for the
 * host's own, of the age of the root's. -1 with ERR_INTEGRITY where the root's is not there or of
 * another size than its state says.
 */
enum place_look { PLACE_EMPTY, PLACE_OTHER, PLACE_DONE };
int place_look(const struct place *place, const struct export_item *item,
               struct err *err) MUST_CHECK;
/* Whether there is anything at the item's key, and it is not the root's file itself. 1, 0, -1. */
int place_is_taken(const struct place *place, const struct export_item *item,
                   struct err *err) MUST_CHECK;

/* ERR_REFUSED where there is something at the key that is no folder, or that is one. */
int place_check_kind(const struct place *place, const char *key, bool folder,
                     struct err *err) MUST_CHECK;

/* ERR_INTEGRITY, too, for a list that has changed since the state was asked. */
int place_put(struct place *place, const struct export_item *item, struct err *err) MUST_CHECK;
/* Removes it, and the folders that are empty then. */
int place_remove(const struct place *place, const struct export_item *item,
                 struct err *err) MUST_CHECK;

#endif
