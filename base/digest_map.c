#include "base/digest_map.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

/* The slot of `key`, or the free one where it belongs. The map is never full. */
static struct digest_map_slot *slot_of(const struct digest_map *m, const struct digest *key)
{
	uint32_t at;

	memcpy(&at, key->bytes, sizeof(at));
	for (;; at++) {
		struct digest_map_slot *slot = &m->slots[at & (m->cap - 1)];

		if (slot->key.alg == DIGEST_NONE || digest_equal(&slot->key, key))
			return slot;
	}
}

static int grow(struct digest_map *m, struct err *err)
{
	struct digest_map old = *m;

	m->cap = old.cap ? old.cap * 2 : FIRST_CAP;
	m->slots = calloc(m->cap, sizeof(*m->slots));
	if (!m->slots) {
		*m = old;
		return err_memory(err);
	}
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slots[i].key.alg != DIGEST_NONE)
			*slot_of(m, &old.slots[i].key) = old.slots[i];
	free(old.slots);
	return 0;
}

int digest_map_put(struct digest_map *m, const struct digest *key, uint32_t value, struct err *err)
{
	struct digest_map_slot *slot;

	if (m->count >= m->cap / 2 && grow(m, err) < 0)
		return -1;
	slot = slot_of(m, key);
	if (slot->key.alg == DIGEST_NONE) {
		slot->key = *key;
		m->count++;
	}
	slot->value = value;
	return 0;
}

bool digest_map_get(const struct digest_map *m, const struct digest *key, uint32_t *value)
{
	const struct digest_map_slot *slot = m->cap ? slot_of(m, key) : NULL;

	if (!slot || slot->key.alg == DIGEST_NONE)
		return false;
	*value = slot->value;
	return true;
}

void digest_map_release(struct digest_map *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}
