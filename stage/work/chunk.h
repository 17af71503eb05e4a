/*
 * chunk: a counted buffer out of a bounded set. The set's bound is the bound of the pipeline's
 * memory.
 *
 *     struct chunk *c = chunk_take(set, capacity, err);     may wait; one reference, len 0
 *     … fill c->data, set c->len …
 *     chunk_hold(c);                                        one more reference for a second reader
 *     chunk_drop(c);                                        back to the set with the last one
 *
 * Only the holder of a chunk's one reference may change its bytes. Only callers of the
 * pipeline take (and so wait for) chunks; the pool's threads only drop them.
 */
#ifndef DRYDOCK_STAGE_WORK_CHUNK_H
#define DRYDOCK_STAGE_WORK_CHUNK_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHUNKS_MAX = 128 }; /* chunks of one set at a time, so that queues of them can be arrays */

struct chunk {
	uint8_t *data; /* owned */
	size_t len;
	size_t capacity;
	uint64_t index; /* position in its stream, from 0 */
	atomic_uint refs;
	struct chunk_set *set; /* borrowed: where it came from */
	struct chunk *next;    /* the set's list of free chunks */
};

struct chunk_set;

struct chunk_set *chunk_set_new(size_t max_bytes, struct err *err) MUST_CHECK;
/* Every chunk must have been dropped. NULL is fine. */
void chunk_set_free(struct chunk_set *set);
size_t chunk_set_max_bytes(const struct chunk_set *set);

/* Waits until `capacity` bytes (at most the set's maximum) are to be had. */
struct chunk *chunk_take(struct chunk_set *set, size_t capacity, struct err *err) MUST_CHECK;
void chunk_hold(struct chunk *c);
void chunk_drop(struct chunk *c); /* NULL is fine */

#endif
