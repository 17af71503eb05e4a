#include "stage/archive/entry_map.h"

#include "base/array.h"
#include "stage/archive/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_LIST_MAX_BYTES = 32 << 20,
	NAME_MEAN_BYTES = NAME_LIST_MAX_BYTES / LIMIT_ENTRIES,
	LINK_DEPTH_MAX = 16,
};

struct entry_slot {
	uint64_t offset, size_bytes;
	uint32_t name, target; /* positions in names; both become pointers only when used */
	uint32_t order;        /* in the archive */
	uint32_t spooled;
	enum entry_kind kind;
	bool compared; /* equal to all others of its name */
};

void entry_map_init(struct entry_map *map)
{
	memset(map, 0, sizeof(*map));
	str_init(&map->names, NAME_LIST_MAX_BYTES);
	map->max = LIMIT_ENTRIES;
}

void entry_map_limit(struct entry_map *map, uint64_t max_entries)
{
	map->max = max_entries;
	if (max_entries > LIMIT_ENTRIES)
		map->names.max = (size_t)max_entries * NAME_MEAN_BYTES;
}

void entry_map_release(struct entry_map *map)
{
	free(map->slots);
	str_release(&map->names);
	memset(map, 0, sizeof(*map));
}

bool entry_path_join(char out[ENTRY_NAME_MAX + 1], const char *base, const char *path)
{
	const char *slash = strrchr(base, '/');
	size_t len = slash ? (size_t)(slash - base) : 0;

	if (*path == '/' || len > ENTRY_NAME_MAX)
		return false;
	memcpy(out, base, len);
	while (*path) {
		size_t part = strcspn(path, "/");

		if (part == 2 && memcmp(path, "..", 2) == 0) {
			if (len == 0)
				return false;
			while (len > 0 && out[len - 1] != '/')
				len--;
			len -= len > 0;
		} else if (part > 0 && !(part == 1 && *path == '.')) {
			if (len + part + 1 > ENTRY_NAME_MAX)
				return false;
			if (len > 0)
				out[len++] = '/';
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
		path += *path == '/';
	}
	out[len] = '\0';
	return len > 0;
}

int entry_map_pass(struct entry_map *map, struct err *err)
{
	if (++map->seen <= map->max)
		return 0;
	return err_set(err, ERR_REFUSED,
	               "more than %" PRIu64 " entries (--max-entries allows more)", map->max);
}

int entry_map_add(struct entry_map *map, enum entry_kind kind, const char *name, const char *target,
                  uint64_t offset, uint64_t size_bytes, uint32_t spooled, struct err *err)
{
	char clean[ENTRY_NAME_MAX + 1];
	struct entry_slot *slot;

	if (entry_map_pass(map, err) < 0 || array_room(&map->slots, map->count, &map->cap, err) < 0)
		return -1;
	if (!entry_path_join(clean, "", name) || (target && strlen(target) > ENTRY_NAME_MAX))
		return 0;
	slot = &map->slots[map->count];
	memset(slot, 0, sizeof(*slot));
	slot->kind = kind;
	slot->offset = offset;
	slot->size_bytes = size_bytes;
	slot->spooled = spooled;
	slot->order = map->count;
	slot->name = (uint32_t)map->names.len;
	(void)str_add(&map->names, clean, strlen(clean) + 1);
	slot->target = (uint32_t)map->names.len;
	if (target)
		(void)str_add(&map->names, target, strlen(target) + 1);
	if (map->names.failed)
		return err_set(err, ERR_REFUSED,
		               "the names of the entries need more than %zu bytes "
		               "(--max-entries allows more)",
		               map->names.max);
	map->count++;
	return 0;
}

void entry_map_set_spooled(struct entry_map *map, uint32_t index, uint32_t spooled)
{
	map->slots[index].spooled = spooled;
}

/* qsort's comparison has no context, so the names' base stands beside it; one thread seals. */
static _Thread_local const char *seal_names;

static int by_name(const void *a, const void *b)
{
	const struct entry_slot *x = a, *y = b;
	int order = strcmp(seal_names + x->name, seal_names + y->name);

	if (order)
		return order;
	return (x->order > y->order) - (x->order < y->order);
}

void entry_map_seal(struct entry_map *map)
{
	seal_names = str_text(&map->names);
	if (map->count)
		qsort(map->slots, map->count, sizeof(*map->slots), by_name);
	seal_names = NULL;
}

static const char *name_of(const struct entry_map *map, const struct entry_slot *slot)
{
	return map->names.data + slot->name;
}

static const char *target_of(const struct entry_map *map, const struct entry_slot *slot)
{
	return map->names.data + slot->target;
}

/* The first slot whose name is not before `name`. */
static uint32_t lower_bound(const struct entry_map *map, const char *name)
{
	uint32_t low = 0, high = map->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(name_of(map, &map->slots[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void fill_file(const struct entry_map *map, const struct entry_slot *slot,
                      struct entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->name, name_of(map, slot), strlen(name_of(map, slot)) + 1);
	entry->offset = slot->offset;
	entry->size_bytes = slot->size_bytes;
	entry->spooled = slot->spooled;
}

static int same_slots(const struct entry_map *map, const struct entry_slot *a,
                      const struct entry_slot *b, struct err *err)
{
	struct entry x, y;

	if (a->kind != b->kind)
		return 0;
	if (a->kind != ENTRY_FILE)
		return strcmp(target_of(map, a), target_of(map, b)) == 0;
	if (a->size_bytes != b->size_bytes)
		return 0;
	fill_file(map, a, &x);
	fill_file(map, b, &y);
	return map->same(map->same_context, &x, &y, err);
}

static int check_duplicates(struct entry_map *map, uint32_t first, struct err *err)
{
	struct entry_slot *slot = &map->slots[first];

	for (uint32_t i = first + 1; i < map->count && !slot->compared; i++) {
		const char *name = name_of(map, slot);
		int same;

		if (strcmp(name, name_of(map, &map->slots[i])) != 0)
			break;
		same = same_slots(map, slot, &map->slots[i], err);
		if (same < 0)
			return err_context(err, "entry '%.300s'", name);
		if (!same)
			return err_set(err, ERR_REFUSED,
			               "entry '%.300s' is there more than once, with different "
			               "content; of two archives in one file, as >> makes it, each "
			               "needs a file of its own",
			               name);
	}
	slot->compared = true;
	return 0;
}

const char *entry_map_name(const struct entry_map *map, uint32_t index)
{
	return name_of(map, &map->slots[index]);
}

int entry_map_node(void *context, const char *name, struct entry_node *node, struct err *err)
{
	struct entry_map *map = context;
	uint32_t at = lower_bound(map, name);
	const struct entry_slot *slot;

	if (at == map->count)
		return 0;
	slot = &map->slots[at];
	if (strcmp(name_of(map, slot), name) != 0)
		return 0;
	if (check_duplicates(map, at, err) < 0)
		return -1;
	node->kind = slot->kind;
	if (slot->kind == ENTRY_FILE)
		fill_file(map, slot, &node->file);
	else
		memcpy(node->target, target_of(map, slot), strlen(target_of(map, slot)) + 1);
	return 1;
}

/*
 * When no entry has the whole name, a folder on the way may be a link: replaces the shortest such
 * prefix of `name` by where it points. 1 replaced, 0 no link on the way.
 */
static int follow_folder(entry_node_fn look_up, void *context, char name[ENTRY_NAME_MAX + 1],
                         struct entry_node *node, struct err *err)
{
	char prefix[ENTRY_NAME_MAX + 1], joined[2 * ENTRY_NAME_MAX + 2];

	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - name);
		int got;

		memcpy(prefix, name, len);
		prefix[len] = '\0';
		got = look_up(context, prefix, node, err);
		if (got < 0)
			return -1;
		if (got == 0 || node->kind != ENTRY_SYMLINK)
			continue;
		len = strlen(node->target);
		memcpy(joined, node->target, len);
		memcpy(joined + len, slash, strlen(slash) + 1);
		if (!entry_path_join(name, prefix, joined))
			return err_set(err, ERR_REFUSED,
			               "link '%.300s' points outside of the archive ('%.300s')",
			               prefix, node->target);
		return 1;
	}
	return 0;
}

static int follow_link(char name[ENTRY_NAME_MAX + 1], const struct entry_node *node,
                       struct err *err)
{
	char from[ENTRY_NAME_MAX + 1];

	memcpy(from, name, strlen(name) + 1);
	/* A hard link's target is a name of the archive, a symbolic link's is relative to it. */
	if (entry_path_join(name, node->kind == ENTRY_HARDLINK ? "" : from, node->target))
		return 0;
	return err_set(err, ERR_REFUSED, "link '%.300s' points outside of the archive ('%.300s')",
	               from, node->target);
}

int entry_resolve(entry_node_fn look_up, void *context, const char *path, struct entry *entry,
                  struct err *err)
{
	char name[ENTRY_NAME_MAX + 1];
	struct entry_node node;

	if (!entry_path_join(name, "", path))
		return err_set(err, ERR_REFUSED, "'%.300s' is not a path inside of the archive",
		               path);
	for (int depth = 0; depth <= LINK_DEPTH_MAX; depth++) {
		int got = look_up(context, name, &node, err);

		if (got > 0 && node.kind == ENTRY_FILE) {
			*entry = node.file;
			return 1;
		}
		if (got > 0)
			got = follow_link(name, &node, err) < 0 ? -1 : 1;
		else if (got == 0)
			got = follow_folder(look_up, context, name, &node, err);
		if (got <= 0)
			return got;
	}
	return err_set(err, ERR_REFUSED, "links from '%.300s' are deeper than %d or go in a circle",
	               path, LINK_DEPTH_MAX);
}
