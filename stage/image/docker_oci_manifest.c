#include "stage/image/docker_oci_manifest.h"

#include "base/cleanup.h"

#include <string.h>

static bool agrees(const struct node *own, const struct node *made)
{
	if (own->kind != made->kind || !own->complete || own->subject.alg != DIGEST_NONE ||
	    own->edge_count != made->edge_count)
		return false;
	for (uint32_t i = 0; i < made->edge_count; i++) {
		const struct edge *a = &own->edges[i], *b = &made->edges[i];

		if (a->role != b->role || a->size_bytes != b->size_bytes ||
		    !digest_equal(&a->child, &b->child))
			return false;
	}
	return true;
}

/* 1 when the manifest agrees, 0, -1. It is read apart, so that a wrong one leaves no trace. */
static int try_manifest(const struct graph *graph, const struct descriptor *d, const char *path,
                        const struct node *made, struct err *err)
{
	struct graph apart;
	uint32_t number = 0;
	int result;

	graph_init(&apart, graph->import);
	if (graph_add(&apart, d, path, &number, err) < 0)
		result = import_ends_with(err) ? -1 : 0;
	else
		result = number && agrees(graph_node(&apart, number), made);
	graph_release(&apart);
	return result;
}

static int try_all(struct graph *graph, const struct manifest *index, uint32_t *number,
                   struct err *err)
{
	const struct node *made = graph_node(graph, *number);
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor d;

	for (size_t i = 0; i < manifest_child_count(index); i++) {
		int got = 0;

		if (manifest_child(index, i, &d, path, err) == 0 &&
		    media_type_manifest(d.media_type) == MANIFEST_IMAGE)
			got = try_manifest(graph, &d, path, made, err);
		if (got < 0)
			return -1;
		if (got > 0)
			return graph_add(graph, &d, path, number, err);
	}
	return 0;
}

int docker_oci_manifest_find(struct graph *graph, uint32_t *number, struct err *err)
{
	struct import *import = graph->import;
	const struct json_limits *limits = &import->limits.index;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct manifest index = MANIFEST_INIT;
	struct entry entry;
	int result = source_find(&import->source, "index.json", &entry, err);

	if (result <= 0)
		return result;
	if (import_entry_text(import, &entry, limits, &text, err) < 0 ||
	    manifest_read_layout_index(&index, str_text(&text), text.len, limits, err) < 0)
		return import_ends_with(err) ? -1 : 0;
	result = try_all(graph, &index, number, err);
	manifest_release(&index);
	return result;
}
