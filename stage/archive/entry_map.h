/*
 * entry_map: the name space of an archive: which name is which entry, through links.
 *
 *     entry_map_add(&map, name, kind, target, …)     for each entry, in the archive's order
 *     entry_map_seal(&map)
 *     entry_map_find(&map, "blobs/sha256/ab…", &entry)
 *
 * Names are normalised ("./a//b" is "a/b"). What cannot be named that way (absolute names, "..")
 * no document can refer to, and it is left out. Links resolve inside this name space only, never on
 * disk, whatever order the entries came in (N2). Of entries with one name all must be
 * equal (N4), which is looked at when the name is looked up.
 *
 * 100,000 entries at most, folders and those that are left out included; the names lie in one piece
 * of memory of at most 32 MiB. Both grow with entry_map_limit.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_ENTRY_MAP_H
#define DRYDOCK_STAGE_ARCHIVE_ENTRY_MAP_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum { ENTRY_NAME_MAX = 1024 };

enum entry_kind { ENTRY_FILE, ENTRY_SYMLINK, ENTRY_HARDLINK };

/* A file, as a look-up returns it. */
struct entry {
	char name[ENTRY_NAME_MAX + 1]; /* after links */
	uint64_t offset;               /* in the archive's file */
	uint64_t size_bytes;
	uint32_t spooled; /* streams: number of the entry's bytes in the spool; see
	                     stage/archive/spool.h */
};

struct entry_slot; /* what the map keeps of an entry */

/* 1: the bytes are equal, 0: they differ, -1. */
typedef int (*entry_same_fn)(void *context, const struct entry *a, const struct entry *b,
                             struct err *err);

struct entry_map {
	struct entry_slot *slots; /* owned */
	uint32_t count;
	size_t cap;
	uint64_t seen, max; /* entries of the archive, also those that are not kept */
	struct str names;   /* NUL-terminated names and targets, one after the other */
	entry_same_fn same; /* set by the owner before the first find */
	void *same_context; /* borrowed */
};

void entry_map_init(struct entry_map *map);
void entry_map_release(struct entry_map *map);

/* Before the first add: other limits than the default. */
void entry_map_limit(struct entry_map *map, uint64_t max_entries);
/* Counts an entry that is not added, a folder: ERR_REFUSED beyond the limit. */
int entry_map_pass(struct entry_map *map, struct err *err) MUST_CHECK;

/* `target` is NULL for files. ERR_REFUSED beyond the limits. */
int entry_map_add(struct entry_map *map, enum entry_kind kind, const char *name, const char *target,
                  uint64_t offset, uint64_t size_bytes, uint32_t spooled,
                  struct err *err) MUST_CHECK;
/* Before sealing: `index` is what map->count was before the add. */
void entry_map_set_spooled(struct entry_map *map, uint32_t index, uint32_t spooled);
/* After the last add, before the first find. */
void entry_map_seal(struct entry_map *map);

/* The name of a slot, in a sealed map in the order of names. Borrowed. */
const char *entry_map_name(const struct entry_map *map, uint32_t index);

/* What one name stands for, before links: a lookup in a sealed map or in a folder. */
struct entry_node {
	enum entry_kind kind;
	struct entry file;               /* ENTRY_FILE */
	char target[ENTRY_NAME_MAX + 1]; /* links */
};
/* 1 found, 0 not found, -1. */
typedef int (*entry_node_fn)(void *context, const char *name, struct entry_node *node,
                             struct err *err);
int entry_map_node(void *map, const char *name, struct entry_node *node,
                   struct err *err) MUST_CHECK;

/*
 * Follows links from `name` to a file: 1 found, 0 nothing there (or a dangling link), -1 for links
 * that leave the name space, are too deep (16) or go round in a circle.
 */
int entry_resolve(entry_node_fn look_up, void *context, const char *name, struct entry *entry,
                  struct err *err) MUST_CHECK;

/*
 * Joins `path` to the folder of `base` ("" for the top) and removes ".", ".." and double slashes.
 * False when the result is empty, too long, absolute or above the top.
 */
bool entry_path_join(char out[ENTRY_NAME_MAX + 1], const char *base, const char *path);

#endif
