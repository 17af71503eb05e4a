/*
 * publish_queue: fetched images on their way into the tree, several in one publication. A list that
 * all of them change is rendered once for them, not once for each.
 *
 *     struct publish_queue q = {.import = import, .graph = graph, .fn = fn, .context = context};
 *     … fetch an image …
 *     publish_queue_add(&q, number, &names, path, err)     publishes what waits, when it is due
 *     publish_queue_flush(&q, err)                         publishes it in any case
 *     publish_queue_release(&q)                            forgets what waits
 *
 * What waits is in tmp only, and lost when the process dies: it waits while other images of a
 * moment's work are fetched, and no longer (P4).
 */
#ifndef DRYDOCK_STAGE_TREE_PUBLISH_QUEUE_H
#define DRYDOCK_STAGE_TREE_PUBLISH_QUEUE_H

#include "stage/tree/publish.h"

enum {
	PUBLISH_QUEUE_MAX_IMAGES = 500,
	PUBLISH_QUEUE_MAX_MS = 1000,
	PUBLISH_QUEUE_LARGE_BYTES = 32 << 20, /* nothing waits for an image that is as large */
};

struct publish_queue {
	struct import *import;     /* borrowed */
	const struct graph *graph; /* borrowed */
	/* Called for each image that is published, in the order in which they were added. */
	void (*fn)(void *context, const struct publish_item *item);
	void *context;
	struct publish_item *items; /* owned */
	size_t count, cap;
	int64_t since_ms; /* when the first of them was added, of monotonic_ms */
};

/* `names` and `path`, which is for messages, are borrowed until it is published. */
int publish_queue_add(struct publish_queue *q, uint32_t number, const struct name_set *names,
                      const char *path, struct err *err) MUST_CHECK;

/*
 * When they cannot be published as one, they are one by one up to that which fails: images before
 * it stay (V4). Nothing waits afterwards.
 */
int publish_queue_flush(struct publish_queue *q, struct err *err) MUST_CHECK;
void publish_queue_release(struct publish_queue *q);

#endif
