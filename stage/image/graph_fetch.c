#include "stage/image/graph_fetch.h"

#include "base/array.h"
#include "stage/image/graph_walk.h"

#include <stdio.h>
#include <stdlib.h>

struct wanted {
	struct digest digest;
	uint64_t offset;           /* in the source, bytes */
	const struct node *parent; /* the first that refers to it; NULL: none does */
	uint32_t edge;             /* of `parent`, by which it does */
};

struct fetch {
	struct import *import;
	struct wanted *list; /* owned: what is to be read from the source, or made */
	size_t count, cap;
};

enum { PATH_MAX_BYTES = DIGEST_TEXT_MAX + DESCRIPTOR_PATH_MAX };

/* Names the descriptor of what is fetched: "sha256:…: layers[3]". */
static const char *path_of(const struct wanted *w, char path[PATH_MAX_BYTES])
{
	char text[DIGEST_TEXT_MAX];

	if (!w->parent)
		return digest_text(&w->digest, path);
	(void)digest_text(&w->parent->digest, text);
	if (w->parent->kind == MANIFEST_INDEX)
		(void)snprintf(path, PATH_MAX_BYTES, "%s: manifests[%u]", text, w->edge);
	else if (w->edge == 0)
		(void)snprintf(path, PATH_MAX_BYTES, "%s: config", text);
	else
		(void)snprintf(path, PATH_MAX_BYTES, "%s: layers[%u]", text, w->edge - 1);
	return path;
}

/* Finds what refers to each object that is wanted: one look at each edge. */
static int find_parents(const struct graph *graph, struct fetch *fetch, struct err *err)
{
	struct digest_map wanted = DIGEST_MAP_INIT;
	int result = 0;
	uint32_t at;

	for (size_t i = 0; result == 0 && i < fetch->count; i++)
		result = digest_map_put(&wanted, &fetch->list[i].digest, (uint32_t)i, err);
	for (uint32_t n = 1; result == 0 && n <= graph->count; n++) {
		const struct node *node = graph_node(graph, n);

		for (uint32_t i = 0; i < node->edge_count; i++) {
			if (node->edges[i].role == EDGE_SUBJECT ||
			    !digest_map_get(&wanted, &node->edges[i].child, &at) ||
			    fetch->list[at].parent)
				continue;
			fetch->list[at].parent = node;
			fetch->list[at].edge = i;
		}
	}
	digest_map_release(&wanted);
	return result;
}

static int want_object(void *context, const struct digest *digest, uint64_t size_bytes,
                       const struct node *node, struct err *err)
{
	struct fetch *fetch = context;
	struct place place;

	(void)size_bytes;
	(void)node;
	if (import_find(fetch->import, digest, &place, err) < 0)
		return -1;
	if (place.kind != PLACE_ENTRY && place.kind != PLACE_INFLATE)
		return 0;
	if (place.kind == PLACE_ENTRY)
		fetch->import->total_bytes += place.entry.size_bytes;
	if (array_room(&fetch->list, fetch->count, &fetch->cap, err) < 0)
		return -1;
	fetch->list[fetch->count++] = (struct wanted){*digest, place.entry.offset, NULL, 0};
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return digest_compare(&x->digest, &y->digest);
}

static int fetch_all(struct fetch *fetch, struct err *err)
{
	char path[PATH_MAX_BYTES];
	struct place place;

	for (size_t i = 0; i < fetch->count; i++)
		if (import_find(fetch->import, &fetch->list[i].digest, &place, err) < 0 ||
		    import_fetch(fetch->import, &fetch->list[i].digest, &place,
		                 path_of(&fetch->list[i], path), err) < 0)
			return -1;
	return write_queue_settle(&fetch->import->queue, err);
}

int graph_fetch(struct graph *graph, uint32_t number, struct err *err)
{
	struct fetch fetch = {graph->import, NULL, 0, 0};
	int result = graph_each(graph, number, want_object, &fetch, err);

	if (result == 0 && fetch.count) {
		qsort(fetch.list, fetch.count, sizeof(*fetch.list), by_offset);
		result = find_parents(graph, &fetch, err);
	}
	if (result == 0)
		result = fetch_all(&fetch, err);
	free(fetch.list);
	return result;
}
