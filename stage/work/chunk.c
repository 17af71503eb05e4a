#include "stage/work/chunk.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct chunk_set {
	pthread_mutex_t lock;
	pthread_cond_t dropped;
	size_t max_bytes;
	size_t used_bytes;  /* capacity of all chunks, free ones included */
	unsigned count;     /* all chunks, free ones included */
	struct chunk *free; /* owned: kept, because fresh memory must be zeroed by the kernel */
};

struct chunk_set *chunk_set_new(size_t max_bytes, struct err *err)
{
	struct chunk_set *set = calloc(1, sizeof(*set));

	if (!set) {
		(void)err_memory(err);
		return NULL;
	}
	set->max_bytes = max_bytes;
	(void)pthread_mutex_init(&set->lock, NULL);
	(void)pthread_cond_init(&set->dropped, NULL);
	return set;
}

static void discard(struct chunk_set *set, struct chunk **link)
{
	struct chunk *c = *link;

	*link = c->next;
	set->used_bytes -= c->capacity;
	set->count--;
	free(c->data);
	free(c);
}

void chunk_set_free(struct chunk_set *set)
{
	if (!set)
		return;
	while (set->free)
		discard(set, &set->free);
	assert(set->count == 0);
	(void)pthread_mutex_destroy(&set->lock);
	(void)pthread_cond_destroy(&set->dropped);
	free(set);
}

size_t chunk_set_max_bytes(const struct chunk_set *set)
{
	return set->max_bytes;
}

static struct chunk *reuse(struct chunk_set *set, size_t capacity)
{
	for (struct chunk **link = &set->free; *link; link = &(*link)->next) {
		struct chunk *c = *link;

		if (c->capacity == capacity) {
			*link = c->next;
			return c;
		}
	}
	return NULL;
}

static struct chunk *make(struct chunk_set *set, size_t capacity)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->data = malloc(capacity);
	if (!c->data) {
		free(c);
		return NULL;
	}
	c->capacity = capacity;
	c->set = set;
	set->used_bytes += capacity;
	set->count++;
	return c;
}

static bool has_room(const struct chunk_set *set, size_t capacity)
{
	return set->count < CHUNKS_MAX && set->max_bytes - set->used_bytes >= capacity;
}

struct chunk *chunk_take(struct chunk_set *set, size_t capacity, struct err *err)
{
	struct chunk *c;

	assert(capacity > 0 && capacity <= set->max_bytes);
	(void)pthread_mutex_lock(&set->lock);
	while (!(c = reuse(set, capacity)) && !has_room(set, capacity)) {
		if (set->free)
			discard(set, &set->free); /* of another size: make room for this one */
		else
			(void)pthread_cond_wait(&set->dropped, &set->lock);
	}
	if (!c)
		c = make(set, capacity);
	(void)pthread_mutex_unlock(&set->lock);
	if (!c) {
		(void)err_memory(err);
		return NULL;
	}
	c->len = 0;
	c->index = 0;
	c->next = NULL;
	atomic_store(&c->refs, 1);
	return c;
}

void chunk_hold(struct chunk *c)
{
	(void)atomic_fetch_add(&c->refs, 1);
}

void chunk_drop(struct chunk *c)
{
	struct chunk_set *set;

	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	set = c->set;
	(void)pthread_mutex_lock(&set->lock);
	c->next = set->free;
	set->free = c;
	(void)pthread_cond_broadcast(&set->dropped);
	(void)pthread_mutex_unlock(&set->lock);
}
