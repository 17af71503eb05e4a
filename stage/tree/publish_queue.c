#include "stage/tree/publish_queue.h"

#include "base/array.h"
#include "base/units.h"
#include "db/root/publication.h"

#include <stdlib.h>

static bool is_due(const struct publish_queue *q)
{
	return q->count >= PUBLISH_QUEUE_MAX_IMAGES ||
	       monotonic_ms() - q->since_ms >= PUBLISH_QUEUE_MAX_MS;
}

int publish_queue_add(struct publish_queue *q, uint32_t number, const struct name_set *names,
                      const char *path, struct err *err)
{
	if (array_room(&q->items, q->count, &q->cap, err) < 0)
		return -1;
	if (q->count == 0)
		q->since_ms = monotonic_ms();
	q->items[q->count++] = (struct publish_item){number, names, path, {0, 0, 0}};
	return is_due(q) ? publish_queue_flush(q, err) : 0;
}

static int publish(struct publish_queue *q, size_t first, size_t count, struct err *err)
{
	struct event event = {.type = EVENT_PROGRESS, .u.progress.phase = PHASE_PUBLISHING};
	struct publish_item *items = &q->items[first];

	event_emit(q->import->sink, &event);
	if (publish_images(q->import, q->graph, items, count, err) < 0)
		return count == 1 ? err_context(err, "%s", items->path) : -1;
	for (size_t i = 0; i < count; i++)
		q->fn(q->context, &items[i]);
	return 0;
}

/* What failed before the commit has done nothing. One of the images may be why, or all. */
static bool can_be_split(const struct publish_queue *q, const struct err *err)
{
	struct err ignored = ERR_INIT;

	return q->count > 1 && !import_ends_with(err) &&
	       publication_pending(q->import->root->db, &ignored) == 0;
}

int publish_queue_flush(struct publish_queue *q, struct err *err)
{
	int result = q->count > 0 ? publish(q, 0, q->count, err) : 0;

	if (result < 0 && can_be_split(q, err)) {
		result = 0;
		for (size_t i = 0; result == 0 && i < q->count; i++)
			result = publish(q, i, 1, err);
	}
	q->count = 0;
	return result;
}

void publish_queue_release(struct publish_queue *q)
{
	free(q->items);
	q->items = NULL;
	q->count = q->cap = 0;
}
