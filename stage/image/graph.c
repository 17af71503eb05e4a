#include "stage/image/graph.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/stop.h"
#include "stage/document/config.h"
#include "stage/image/import_remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXTS_MAX_BYTES = 32 << 20 };

void graph_init(struct graph *graph, struct import *import)
{
	memset(graph, 0, sizeof(*graph));
	graph->import = import;
	str_init(&graph->texts, TEXTS_MAX_BYTES);
}

void graph_release(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->count; i++) {
		node_release(graph->nodes[i]);
		free(graph->nodes[i]);
	}
	free(graph->nodes);
	digest_map_release(&graph->by_digest);
	str_release(&graph->texts);
	memset(graph, 0, sizeof(*graph));
}

struct node *graph_node(const struct graph *graph, uint32_t number)
{
	return graph->nodes[number - 1];
}

uint32_t graph_find(const struct graph *graph, const struct digest *digest)
{
	uint32_t number;

	return digest_map_get(&graph->by_digest, digest, &number) ? number : 0;
}

static struct node *new_node(struct graph *graph, struct err *err)
{
	struct node *node;

	if (array_room(&graph->nodes, graph->count, &graph->cap, err) < 0)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node) {
		(void)err_memory(err);
		return NULL;
	}
	node->texts = &graph->texts;
	graph->nodes[graph->count++] = node;
	return node;
}

/* What the bytes are for, and so when those of a registry are fetched. */
enum bytes_for { FOR_MANIFEST, FOR_CONFIG, FOR_LATER };

/* What only the registry has: documents come at once, all else is promised. */
static int ask_registry(struct import *import, const struct descriptor *d, enum bytes_for use,
                        const char *path, struct place *place, struct err *err)
{
	if (use == FOR_MANIFEST)
		return import_ask(import, d, REGISTRY_MANIFESTS, path, place, err);
	if (use == FOR_CONFIG && image_config_is_known(d->media_type))
		return import_ask(import, d, REGISTRY_BLOBS, path, place, err);
	if (d->foreign &&
	    !(registry_session_options(import->remote.session)->foreign_layers && d->url))
		return 0;
	if (remote_promise(&import->remote, d, err) < 0)
		return -1;
	return import_find(import, &d->digest, place, err);
}

/* Where a descriptor's bytes are; its embedded data is the last resort, and verified always. */
static int find_bytes(struct graph *graph, const struct descriptor *d, enum bytes_for use,
                      const char *path, struct place *place, struct err *err)
{
	struct import *import = graph->import;
	AUTO_STR struct str data = STR_INIT(import->limits.manifest.max_bytes + 3);

	if (d->data && descriptor_data(d, path, &data, err) < 0)
		return -1;
	if (import_find(import, &d->digest, place, err) < 0)
		return err_context(err, "%s", path);
	if (place->kind == PLACE_NOWHERE && d->data) {
		if (import_keep(import, &d->digest, data.data, data.len, err) < 0 ||
		    write_queue_settle(&import->queue, err) < 0 ||
		    import_find(import, &d->digest, place, err) < 0)
			return err_context(err, "%s", path);
	}
	if (import_is_to_be_asked(import, place) &&
	    ask_registry(import, d, use, path, place, err) < 0)
		return -1;
	if (place->kind != PLACE_NOWHERE && place->kind != PLACE_INFLATE &&
	    place->size_bytes != d->size_bytes)
		return err_set(err, ERR_INTEGRITY,
		               "%s: %s has %" PRIu64 " bytes, the descriptor says %" PRIu64, path,
		               place->kind == PLACE_ENTRY ? place->entry.name : "the blob",
		               place->size_bytes, d->size_bytes);
	return 0;
}

/* The platform that a present config says; nothing for configs of artifacts. */
static int read_platform(struct graph *graph, struct node *node, const struct descriptor *config,
                         const struct place *place, struct err *err)
{
	const struct json_limits *limits = &graph->import->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct image_config image = IMAGE_CONFIG_INIT;

	if (place->kind == PLACE_NOWHERE || !image_config_is_known(config->media_type))
		return 0;
	if (import_text(graph->import, &config->digest, place, limits, &text, err) < 0 ||
	    image_config_read(&image, text.data, text.len, limits, err) < 0)
		return err_context(err, "config");
	(void)platform_text(&image.platform, node->platform);
	image_config_release(&image);
	return 0;
}

static int add_document(struct graph *graph, const struct descriptor *d, const char *path,
                        unsigned depth, uint32_t *number, struct err *err);

/* What finds the children of a document that is this deep. */
struct archive_finder {
	struct graph *graph;
	unsigned depth;
};

static int find_in_archive(void *context, struct node *node, const struct descriptor *d,
                           struct edge *edge, const char *path, struct err *err)
{
	const struct archive_finder *finder = context;
	struct graph *graph = finder->graph;
	uint32_t number;
	struct place place;
	int left_out;

	if (media_type_manifest(d->media_type) == MANIFEST_SCHEMA1)
		return err_set(err, ERR_REFUSED,
		               "%s is a schema 1 manifest, which no current "
		               "client reads",
		               path);
	if (edge->role == EDGE_MANIFEST) {
		left_out = remote_leaves_out(&graph->import->remote, d, err);
		if (left_out != 0)
			return left_out < 0 ? -1 : 0;
		if (add_document(graph, d, path, finder->depth + 1, &number, err) < 0)
			return -1;
		edge->present = number && graph_node(graph, number)->complete;
		edge->node = edge->present ? number : 0;
		return 0;
	}
	if (find_bytes(graph, d, edge->role == EDGE_CONFIG ? FOR_CONFIG : FOR_LATER, path, &place,
	               err) < 0)
		return -1;
	edge->present = place.kind != PLACE_NOWHERE;
	return edge->role == EDGE_CONFIG ? read_platform(graph, node, d, &place, err) : 0;
}

/* An index whose first manifest is there, but not complete, lacks what that lacks. */
static int explain_lack(const struct graph *graph, struct node *node, struct err *err)
{
	uint32_t number = graph_find(graph, &node->lacking);
	const char *lacks = number ? graph_node(graph, number)->lacks : NULL;
	char text[DIGEST_TEXT_MAX];

	if (!lacks)
		return 0;
	return node_set_lacks(node, err,
	                      "no manifest of the index is complete: of the first (%s) %.150s",
	                      digest_text(&node->lacking, text), lacks);
}

static int add_parsed(struct graph *graph, const struct descriptor *d, const struct manifest *doc,
                      unsigned depth, uint32_t *number, struct err *err)
{
	struct archive_finder finder = {graph, depth};
	struct node *node = new_node(graph, err);

	if (!node)
		return -1;
	*number = (uint32_t)graph->count;
	node->digest = d->digest;
	node->size_bytes = d->size_bytes;
	if (digest_map_put(&graph->by_digest, &d->digest, *number, err) < 0)
		return -1;
	graph->edge_count += manifest_child_count(doc) + 2;
	if (graph->edge_count > GRAPH_EDGE_MAX)
		return err_set(err, ERR_REFUSED, "the manifests refer to more than %d objects",
		               GRAPH_EDGE_MAX);
	if (node_read(node, doc, find_in_archive, &finder, err) < 0)
		return -1;
	return node->complete || node->kind != MANIFEST_INDEX ? 0 : explain_lack(graph, node, err);
}

static int add_document(struct graph *graph, const struct descriptor *d, const char *path,
                        unsigned depth, uint32_t *number, struct err *err)
{
	const struct json_limits *limits = &graph->import->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct manifest doc = MANIFEST_INIT;
	struct place place;
	int result;

	*number = graph_find(graph, &d->digest);
	if (*number)
		return 0;
	if (stop_check(err) < 0)
		return -1;
	if (depth > GRAPH_DEPTH_MAX)
		return err_set(err, ERR_REFUSED, "%s: indexes are nested deeper than %d", path,
		               GRAPH_DEPTH_MAX);
	if (find_bytes(graph, d, FOR_MANIFEST, path, &place, err) < 0)
		return -1;
	if (place.kind == PLACE_NOWHERE)
		return 0;
	if (import_text(graph->import, &d->digest, &place, limits, &text, err) < 0 ||
	    manifest_read(&doc, text.data, text.len, d->media_type, limits, err) < 0)
		goto fail;
	/* The text can be large and the nesting deep: only the parsed form is kept. */
	str_release(&text);
	result = add_parsed(graph, d, &doc, depth, number, err);
	manifest_release(&doc);
	if (result == 0)
		return 0;
fail : {
	char digest[DIGEST_TEXT_MAX];

	return err_context(err, "%s (%s)", path, digest_text(&d->digest, digest));
}
}

int graph_add(struct graph *graph, const struct descriptor *d, const char *path, uint32_t *number,
              struct err *err)
{
	return add_document(graph, d, path, 0, number, err);
}

int graph_add_bytes(struct graph *graph, const void *bytes, size_t len, const char *media_type,
                    uint32_t *number, struct err *err)
{
	struct import *import = graph->import;
	struct descriptor d = {.media_type = media_type, .size_bytes = len};

	if (digest_of_bytes(&d.digest, DIGEST_SHA256, bytes, len, err) < 0 ||
	    import_keep(import, &d.digest, bytes, len, err) < 0 ||
	    write_queue_settle(&import->queue, err) < 0)
		return -1;
	return add_document(graph, &d, "manifest made here", 0, number, err);
}

int graph_document(struct graph *graph, const struct node *node, struct manifest *doc,
                   struct err *err)
{
	const struct json_limits *limits = &graph->import->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct place place;

	if (import_find(graph->import, &node->digest, &place, err) < 0 ||
	    import_text(graph->import, &node->digest, &place, limits, &text, err) < 0)
		return -1;
	return manifest_read(doc, str_text(&text), text.len, node->media_type, limits, err);
}
