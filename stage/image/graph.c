#include "stage/image/graph.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/stop.h"
#include "stage/document/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXTS_MAX_BYTES = 32 << 20, LACKS_MAX = 300 };

void graph_init(struct graph *graph, struct import *import)
{
	memset(graph, 0, sizeof(*graph));
	graph->import = import;
	str_init(&graph->texts, TEXTS_MAX_BYTES);
}

void graph_release(struct graph *graph)
{
	for (uint32_t i = 0; i < graph->count; i++) {
		struct node *node = graph->nodes[i];

		free(node->edges);
		free(node->artifact_type);
		free(node->annotations);
		free(node->lacks);
		free(node);
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

const char *graph_text(const struct graph *graph, uint32_t position)
{
	return position ? graph->texts.data + position : "";
}

static int add_text(struct graph *graph, const char *text, uint32_t *position, struct err *err)
{
	if (graph->texts.len == 0)
		(void)str_add(&graph->texts, "", 1);
	*position = text[0] ? (uint32_t)graph->texts.len : 0;
	if (text[0])
		(void)str_add(&graph->texts, text, strlen(text) + 1);
	return str_check(&graph->texts, "platforms of the indexes", err);
}

static struct node *new_node(struct graph *graph, struct err *err)
{
	uint32_t cap = graph->cap ? graph->cap * 2 : 16;
	struct node *node;

	if (graph->count == graph->cap) {
		struct node **nodes = realloc(graph->nodes, cap * sizeof(struct node *));

		if (!nodes) {
			(void)err_memory(err);
			return NULL;
		}
		graph->nodes = nodes;
		graph->cap = cap;
	}
	node = calloc(1, sizeof(*node));
	if (!node) {
		(void)err_memory(err);
		return NULL;
	}
	graph->nodes[graph->count++] = node;
	return node;
}

static int note_lack(struct node *node, const char *path, const struct digest *digest,
                     struct err *err)
{
	char text[DIGEST_TEXT_MAX];

	node->complete = false;
	if (node->lacks)
		return 0;
	node->lacks = malloc(LACKS_MAX);
	if (!node->lacks)
		return err_memory(err);
	(void)snprintf(node->lacks, LACKS_MAX, "%s (%s) is missing", path,
	               digest_text(digest, text));
	return 0;
}

/* Where a descriptor's bytes are; its embedded data is the last resort, and verified always. */
static int find_bytes(struct graph *graph, const struct descriptor *d, const char *path,
                      struct place *place, struct err *err)
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

/* An index's entry that is a manifest: read with all below it. */
static int add_manifest_edge(struct graph *graph, const struct descriptor *child, const char *path,
                             unsigned depth, struct edge *edge, struct err *err)
{
	uint32_t number;

	edge->role = EDGE_MANIFEST;
	if (add_document(graph, child, path, depth + 1, &number, err) < 0)
		return -1;
	if (number && graph_node(graph, number)->complete) {
		edge->node = number;
		edge->present = true;
	}
	return 0;
}

static int add_edge(struct graph *graph, struct node *node, const struct descriptor *child,
                    enum edge_role role, const char *path, unsigned depth, struct err *err)
{
	struct edge *edge = &node->edges[node->edge_count++];
	char platform[PLATFORM_TEXT_MAX];
	struct place place;

	edge->child = child->digest;
	edge->size_bytes = child->size_bytes;
	edge->role = role;
	edge->attestation = child->attestation;
	if (add_text(graph, platform_text(&child->platform, platform), &edge->platform, err) < 0)
		return -1;
	switch (media_type_manifest(child->media_type)) {
	case MANIFEST_SCHEMA1:
		return err_set(err, ERR_REFUSED,
		               "%s is a schema 1 manifest, which no current "
		               "client reads",
		               path);
	case MANIFEST_IMAGE:
	case MANIFEST_INDEX:
		if (node->kind == MANIFEST_INDEX)
			return add_manifest_edge(graph, child, path, depth, edge, err);
		break;
	case MANIFEST_NONE:
		break;
	}
	if (find_bytes(graph, child, path, &place, err) < 0)
		return -1;
	edge->present = place.kind != PLACE_NOWHERE;
	if (role == EDGE_CONFIG && read_platform(graph, node, child, &place, err) < 0)
		return -1;
	if (!edge->present && node->kind == MANIFEST_IMAGE &&
	    !(role == EDGE_LAYER && child->foreign))
		return note_lack(node, path, &child->digest, err);
	return 0;
}

/* Why the index is not complete: what its first manifest lacks, unless that itself is not there. */
static int note_index_lack(const struct graph *graph, struct node *node, const struct digest *child,
                           struct err *err)
{
	uint32_t number = graph_find(graph, child);
	const char *lacks = number ? graph_node(graph, number)->lacks : NULL;
	char text[DIGEST_TEXT_MAX];

	if (!lacks)
		return note_lack(node, "no manifest of the index is complete: the first", child,
		                 err);
	node->complete = false;
	node->lacks = malloc(LACKS_MAX);
	if (!node->lacks)
		return err_memory(err);
	(void)snprintf(node->lacks, LACKS_MAX,
	               "no manifest of the index is complete: of the first (%s) %.150s",
	               digest_text(child, text), lacks);
	return 0;
}

/* An index needs one complete manifest that is no attestation, if it lists any. */
static int judge_index(const struct graph *graph, struct node *node, struct err *err)
{
	const struct edge *wanted = NULL;

	for (uint32_t i = 0; i < node->edge_count; i++) {
		const struct edge *edge = &node->edges[i];

		if (edge->role == EDGE_SUBJECT || edge->attestation)
			continue;
		if (edge->present)
			return 0;
		if (!wanted)
			wanted = edge;
	}
	if (!wanted)
		return 0;
	return note_index_lack(graph, node, &wanted->child, err);
}

static int add_edges(struct graph *graph, struct node *node, const struct manifest *doc,
                     unsigned depth, struct err *err)
{
	char path[DESCRIPTOR_PATH_MAX];
	size_t count = manifest_child_count(doc);
	struct descriptor child;

	graph->edge_count += count + 2;
	if (graph->edge_count > GRAPH_EDGE_MAX)
		return err_set(err, ERR_REFUSED, "the manifests refer to more than %d objects",
		               GRAPH_EDGE_MAX);
	node->edges = calloc(count + 2, sizeof(*node->edges));
	if (!node->edges)
		return err_memory(err);
	if (doc->kind == MANIFEST_IMAGE &&
	    add_edge(graph, node, &doc->config, EDGE_CONFIG, "config", depth, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (manifest_child(doc, i, &child, path, err) < 0 ||
		    add_edge(graph, node, &child, EDGE_LAYER, path, depth, err) < 0)
			return -1;
	}
	if (doc->subject.digest.alg != DIGEST_NONE) {
		struct edge *edge = &node->edges[node->edge_count++];

		edge->child = node->subject = doc->subject.digest;
		edge->size_bytes = doc->subject.size_bytes;
		edge->role = EDGE_SUBJECT;
	}
	return node->kind == MANIFEST_INDEX ? judge_index(graph, node, err) : 0;
}

static int copy_facts(struct node *node, const struct manifest *doc, struct err *err)
{
	const char *type = manifest_artifact_type(doc);

	if (type) {
		node->artifact_type = strdup(type);
		if (!node->artifact_type)
			return err_memory(err);
	}
	if (doc->annotations) {
		node->annotations = json_dumps(doc->annotations, JSON_COMPACT);
		if (!node->annotations)
			return err_memory(err);
	}
	return 0;
}

static int add_parsed(struct graph *graph, const struct digest *digest, uint64_t size,
                      const struct manifest *doc, unsigned depth, uint32_t *number, struct err *err)
{
	struct node *node = new_node(graph, err);

	if (!node)
		return -1;
	*number = graph->count;
	node->digest = *digest;
	node->size_bytes = size;
	node->kind = doc->kind;
	node->media_type = doc->media_type;
	node->complete = true;
	if (digest_map_put(&graph->by_digest, digest, *number, err) < 0 ||
	    copy_facts(node, doc, err) < 0)
		return -1;
	return add_edges(graph, node, doc, depth, err);
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
	if (find_bytes(graph, d, path, &place, err) < 0)
		return -1;
	if (place.kind == PLACE_NOWHERE)
		return 0;
	if (import_text(graph->import, &d->digest, &place, limits, &text, err) < 0 ||
	    manifest_read(&doc, text.data, text.len, d->media_type, limits, err) < 0)
		goto fail;
	/* The text can be large and the nesting deep: only the parsed form is kept. */
	str_release(&text);
	result = add_parsed(graph, &d->digest, d->size_bytes, &doc, depth, number, err);
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
