/*
 * digest_map: finds a number by a digest. Open addressing; a digest is its own hash, so nothing is
 * computed, and an attacker who could choose colliding keys would have to find them in SHA-256.
 *
 *     struct digest_map m = DIGEST_MAP_INIT;
 *     if (digest_map_put(&m, &digest, 7, err) < 0) …       a key that is there gets the new value
 *     if (digest_map_get(&m, &digest, &value)) …
 *     digest_map_release(&m);
 */
#ifndef DRYDOCK_BASE_DIGEST_MAP_H
#define DRYDOCK_BASE_DIGEST_MAP_H

#include "base/digest.h"

struct digest_map_slot {
	struct digest key; /* alg DIGEST_NONE: the slot is free */
	uint32_t value;
};

struct digest_map {
	struct digest_map_slot *slots; /* owned */
	uint32_t cap;                  /* a power of two, or 0 */
	uint32_t count;                /* of keys */
};

#define DIGEST_MAP_INIT                                                                            \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

int digest_map_put(struct digest_map *m, const struct digest *key, uint32_t value,
                   struct err *err) MUST_CHECK;
bool digest_map_get(const struct digest_map *m, const struct digest *key, uint32_t *value);
void digest_map_release(struct digest_map *m);

#endif
