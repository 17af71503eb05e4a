#include "stage/image/compress_layers.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/media_type.h"
#include "stage/blob/inflate.h"
#include "stage/blob/layer_blob.h"

#include <stdlib.h>
#include <string.h>

#define MT_DOCKER_LAYER_PLAIN "application/vnd.docker.image.rootfs.diff.tar"
#define ATTESTED_ANNOTATION   "vnd.docker.reference.digest"

struct layer {
	const char *type; /* the new one; NULL: the layer stays as it is */
	uint32_t number;  /* in the temp store, when it was compressed in this run; or 0 and: */
	struct layer_blob made;
};

struct conversion {
	struct graph *graph;
	const struct node *node;
	struct manifest doc;
	struct layer *layers; /* owned; of an image: what becomes of each */
};

static int set_blob(json_t *entry, const struct digest *digest, uint64_t size_bytes)
{
	char text[DIGEST_TEXT_MAX];

	(void)json_object_del(entry, "data");
	if (json_object_set_new(entry, "digest", json_string(digest_text(digest, text))) < 0)
		return -1;
	return json_object_set_new(entry, "size", json_integer((json_int_t)size_bytes));
}

static int write_document(struct conversion *c, uint32_t *number, struct err *err)
{
	AUTO_FREE char *text = json_dumps(c->doc.json, JSON_COMPACT);
	char old_text[DIGEST_TEXT_MAX], new_text[DIGEST_TEXT_MAX];
	uint32_t made;

	if (!text)
		return err_memory(err);
	if (graph_add_bytes(c->graph, text, strlen(text), c->doc.media_type, &made, err) < 0)
		return -1;
	event_note(c->graph->import->sink, "%s -> %s: plain layers were compressed",
	           digest_text(&c->node->digest, old_text),
	           digest_text(&graph_node(c->graph, made)->digest, new_text));
	*number = made;
	return 0;
}

/* --- layers -------------------------------------------------------------------------------- */

/* The type of a plain layer once it is compressed; NULL for what is no plain layer. */
static const char *new_type(const struct recipe *recipe, const char *type)
{
	if (strcmp(type, MT_DOCKER_LAYER_PLAIN) == 0)
		return MT_DOCKER_LAYER;
	if (strcmp(type, MT_OCI_LAYER) == 0)
		return recipe->kind == RECIPE_ZSTD ? MT_OCI_LAYER_ZSTD : MT_OCI_LAYER_GZIP;
	return NULL;
}

/* Compresses the bytes, unless they turn out to be compressed, whatever their type says. */
static int compress(struct import *import, const struct digest *plain, const struct place *place,
                    struct layer *layer, struct err *err)
{
	char text[DIGEST_TEXT_MAX], head[INFLATE_DETECT_BYTES];
	struct write_queue_item item = {.recipe = import->options->recipe,
	                                .expect = EXPECT_PLAIN,
	                                .digest = *plain,
	                                .what = digest_text(plain, text),
	                                .number = &layer->number};
	struct source_bytes bytes;
	int result = -1;
	ssize_t n;

	if (import_open(import, place, &bytes, err) < 0)
		return -1;
	n = file_read_at(bytes.fd, head, sizeof(head), bytes.offset, item.what, err);
	if (n >= 0 && inflate_detect(head, (size_t)n) != INFLATE_PLAIN) {
		layer->type = NULL;
		result = 0;
	} else if (n >= 0) {
		result = write_queue_file(&import->queue, bytes.fd, bytes.offset, bytes.size_bytes,
		                          &item, err);
	}
	source_bytes_close(&bytes);
	return result;
}

/* The root alone has the layer, and only compressed, which --recheck did not ask for before. */
static int find_compressed(struct import *import, const struct digest *plain, struct layer *layer,
                           struct err *err)
{
	int got = layer_blob_find(import->root, plain, import->options->recipe, &layer->made, err);

	if (got == 0)
		layer->type = NULL; /* by another recipe: it stays plain */
	return got < 0 ? -1 : 0;
}

static int start_layer(struct conversion *c, const struct descriptor *d, struct layer *layer,
                       struct err *err)
{
	struct import *import = c->graph->import;
	struct place place;
	int got;

	layer->type = new_type(&import->options->recipe, d->media_type);
	if (!layer->type)
		return 0;
	if (import->options->recipe.kind == RECIPE_ZSTD &&
	    strcmp(layer->type, MT_DOCKER_LAYER) == 0)
		return err_set(err, ERR_USAGE,
		               "--compress=zstd: the image is in Docker's manifest format, which "
		               "does not know zstd");
	got = import->options->recheck == RECHECK_ALL
	              ? 0
	              : layer_blob_find(import->root, &d->digest, import->options->recipe,
	                                &layer->made, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if (import_find(import, &d->digest, &place, err) < 0)
		return -1;
	/* A foreign layer that is not here stays what it is. */
	if (place.kind == PLACE_NOWHERE)
		layer->type = NULL;
	else if (place.kind != PLACE_INFLATE)
		return compress(import, &d->digest, &place, layer, err);
	else if (place.temp)
		layer->number = place.temp;
	else
		return find_compressed(import, &d->digest, layer, err);
	return 0;
}

static int start_layers(struct conversion *c, struct err *err)
{
	char path[DESCRIPTOR_PATH_MAX];
	struct descriptor d;

	for (size_t i = 0; i < manifest_child_count(&c->doc); i++)
		if (manifest_child(&c->doc, i, &d, path, err) < 0 ||
		    start_layer(c, &d, &c->layers[i], err) < 0)
			return err_context(err, "layers[%zu]", i);
	return write_queue_settle(&c->graph->import->queue, err);
}

/* Puts the new layers into the document: 1 when there are any, 0, -1. */
static int replace_layers(struct conversion *c, struct err *err)
{
	const struct temp_store *store = &c->graph->import->store;
	int changed = 0;

	for (size_t i = 0; i < manifest_child_count(&c->doc); i++) {
		struct layer *layer = &c->layers[i];
		json_t *entry = json_array_get(c->doc.children, i);

		if (!layer->type)
			continue;
		if (layer->number) {
			const struct blob_sums *sums =
				&temp_store_get(store, layer->number)->stored;

			layer->made.digest = blob_sums_digest(sums, DIGEST_SHA256);
			layer->made.size_bytes = sums->size_bytes;
		}
		if (json_object_set_new(entry, "mediaType", json_string(layer->type)) < 0 ||
		    set_blob(entry, &layer->made.digest, layer->made.size_bytes) < 0)
			return err_memory(err);
		changed = 1;
	}
	return changed;
}

static int convert_layers(struct conversion *c, uint32_t *number, struct err *err)
{
	int got;

	c->layers = calloc(manifest_child_count(&c->doc) + 1, sizeof(*c->layers));
	if (!c->layers)
		return err_memory(err);
	if (start_layers(c, err) < 0) {
		/* The writers that are under way point into `layers`. */
		write_queue_release(&c->graph->import->queue);
		return -1;
	}
	got = replace_layers(c, err);
	return got <= 0 ? got : write_document(c, number, err);
}

/* --- indexes ------------------------------------------------------------------------------- */

/* What attests the manifest `from` attests `to` from now on. */
static int follow_attestations(struct conversion *c, const struct digest *from,
                               const struct digest *to, struct err *err)
{
	char from_text[DIGEST_TEXT_MAX], to_text[DIGEST_TEXT_MAX];
	json_t *entry;
	size_t i;

	(void)digest_text(from, from_text);
	json_array_foreach (c->doc.children, i, entry) {
		json_t *annotations = json_object_get(entry, "annotations");
		const char *about = json_text(annotations, ATTESTED_ANNOTATION);

		if (about && strcmp(about, from_text) == 0 &&
		    json_object_set_new(annotations, ATTESTED_ANNOTATION,
		                        json_string(digest_text(to, to_text))) < 0)
			return err_memory(err);
	}
	return 0;
}

static int convert_entries(struct conversion *c, uint32_t *number, struct err *err)
{
	bool changed = false;

	for (size_t i = 0; i < manifest_child_count(&c->doc); i++) {
		const struct edge *edge = &c->node->edges[i];
		json_t *entry = json_array_get(c->doc.children, i);
		uint32_t child = edge->node;
		const struct node *made;

		if (!edge->node)
			continue;
		if (compress_layers(c->graph, &child, err) < 0)
			return err_context(err, "manifests[%zu]", i);
		if (child == edge->node)
			continue;
		made = graph_node(c->graph, child);
		if (set_blob(entry, &made->digest, made->size_bytes) < 0)
			return err_memory(err);
		if (follow_attestations(c, &edge->child, &made->digest, err) < 0)
			return -1;
		changed = true;
	}
	return changed ? write_document(c, number, err) : 0;
}

int compress_layers(struct graph *graph, uint32_t *number, struct err *err)
{
	struct conversion c = {
		.graph = graph, .node = graph_node(graph, *number), .doc = MANIFEST_INIT};
	int result;

	if (c.node->kind == MANIFEST_ARTIFACT)
		return 0; /* its blobs are no layers */
	result = graph_document(graph, c.node, &c.doc, err);
	if (result == 0)
		result = c.node->kind == MANIFEST_INDEX ? convert_entries(&c, number, err)
		                                        : convert_layers(&c, number, err);
	free(c.layers);
	manifest_release(&c.doc);
	return result;
}
