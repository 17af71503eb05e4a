#include "stage/image/graph_fetch.h"

#include "base/array.h"
#include "stage/image/graph_walk.h"
#include "stage/image/import_remote.h"

#include <stdio.h>
#include <stdlib.h>

struct wanted {
	struct digest digest;
	uint64_t offset;           /* in the source, bytes */
	const struct node *parent; /* the first below the image that refers to it; NULL: none */
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

struct parents {
	struct fetch *fetch;
	struct digest_map wanted; /* digest -> place in the list */
};

static int note_children(void *context, const struct digest *digest, uint64_t size_bytes,
                         const struct node *node, struct err *err)
{
	struct parents *parents = context;
	uint32_t at;

	(void)digest;
	(void)size_bytes;
	(void)err;
	for (uint32_t i = 0; node && i < node->edge_count; i++) {
		struct wanted *wanted;

		if (node->edges[i].role == EDGE_SUBJECT ||
		    !digest_map_get(&parents->wanted, &node->edges[i].child, &at))
			continue;
		wanted = &parents->fetch->list[at];
		if (wanted->parent)
			continue;
		wanted->parent = node;
		wanted->edge = i;
	}
	return 0;
}

/* Finds what refers to each object that is wanted: one look at each edge below `number`. */
static int find_parents(const struct graph *graph, uint32_t number, struct fetch *fetch,
                        struct err *err)
{
	struct parents parents = {fetch, DIGEST_MAP_INIT};
	int result = 0;

	for (size_t i = 0; result == 0 && i < fetch->count; i++)
		result = digest_map_put(&parents.wanted, &fetch->list[i].digest, (uint32_t)i, err);
	if (result == 0)
		result = graph_each(graph, number, note_children, &parents, err);
	digest_map_release(&parents.wanted);
	return result;
}

static int want_object(void *context, const struct digest *digest, uint64_t size_bytes,
                       const struct node *node, struct err *err)
{
	struct fetch *fetch = context;
	struct place place;

	(void)size_bytes;
	(void)node;
	if (import_is_in_root(fetch->import, digest))
		return 0;
	if (import_find(fetch->import, digest, &place, err) < 0)
		return -1;
	if (place.kind != PLACE_ENTRY && place.kind != PLACE_INFLATE && place.kind != PLACE_REMOTE)
		return 0;
	if (place.kind != PLACE_INFLATE)
		fetch->import->total_bytes += place.size_bytes;
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

/* A registry has no order; several are fetched side by side. */
static int fetch_promised(struct fetch *fetch, struct err *err)
{
	char(*paths)[PATH_MAX_BYTES] = calloc(fetch->count, sizeof(*paths));
	struct import_wanted *wanted = calloc(fetch->count, sizeof(*wanted));
	int result = -1;

	if (paths && wanted) {
		for (size_t i = 0; i < fetch->count; i++)
			wanted[i] = (struct import_wanted){fetch->list[i].digest,
			                                   path_of(&fetch->list[i], paths[i])};
		result = import_fetch_promised(fetch->import, wanted, fetch->count, err);
	} else {
		(void)err_memory(err);
	}
	free(paths);
	free(wanted);
	return result;
}

static int fetch_all(struct fetch *fetch, struct err *err)
{
	char path[PATH_MAX_BYTES];
	struct place place;

	if (fetch->count > 0 && fetch->import->remote.session)
		return fetch_promised(fetch, err);
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
		result = find_parents(graph, number, &fetch, err);
	}
	if (result == 0)
		result = fetch_all(&fetch, err);
	free(fetch.list);
	return result;
}
