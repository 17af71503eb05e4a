#include "stage/image/docker_layers.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "stage/archive/decompress.h"
#include "stage/blob/file_sum.h"
#include "stage/blob/inflate.h"
#include "stage/blob/layer_blob.h"

#include <string.h>

struct layer {
	const char *path;             /* borrowed, as manifest.json says */
	const struct digest *diff_id; /* borrowed */
	uint32_t number;              /* in the temp store; 0: none yet, or `done` */
	bool done;                    /* `blob` is filled in, nothing is to be read */
	bool verify;                  /* kept as it came: its diff_id is yet to be checked */
	struct manifest_blob blob;
};

static enum layer_encoding encoding_of(struct recipe recipe)
{
	if (recipe.kind == RECIPE_NONE)
		return LAYER_PLAIN;
	return recipe.kind == RECIPE_GZIP ? LAYER_GZIP : LAYER_ZSTD;
}

/* Of a layer that came compressed. */
static enum layer_encoding encoding_as_kept(enum inflate_format format)
{
	return format == INFLATE_GZIP ? LAYER_GZIP : LAYER_ZSTD;
}

/* In a dry run: what it would have made of this diff_id by now. */
static int find_planned(const struct import *import, const struct digest *diff_id,
                        struct recipe recipe, struct layer_blob *made)
{
	uint32_t number = temp_store_find_plain(&import->store, diff_id);
	const struct temp_blob *blob;

	if (recipe.kind == RECIPE_NONE)
		number = temp_store_find(&import->store, diff_id);
	blob = number ? temp_store_get(&import->store, number) : NULL;
	if (!blob || blob->plan != TEMP_PLANNED_BEFORE ||
	    (recipe.kind != RECIPE_NONE &&
	     (blob->recipe.kind != recipe.kind || blob->recipe.level != recipe.level)))
		return 0;
	made->digest = blob_sums_digest(&blob->stored, DIGEST_SHA256);
	made->size_bytes = blob->stored.size_bytes;
	return 1;
}

/* What an earlier run has made of this diff_id: 1 found, 0, -1. */
static int find_made(struct import *import, struct layer *layer, struct recipe recipe,
                     struct err *err)
{
	struct layer_blob made;
	int got = layer_blob_find(import->root, layer->diff_id, recipe, &made, err);

	if (got == 0)
		got = find_planned(import, layer->diff_id, recipe, &made);
	if (got > 0) {
		layer->blob.digest = made.digest;
		layer->blob.size_bytes = made.size_bytes;
	}
	return got;
}

/* The blob that the stream's pass has made of the entry, or NULL. */
static const struct temp_blob *spooled_blob(const struct import *import, const struct entry *entry)
{
	if (import->source.kind != SOURCE_STREAM || !entry->spooled)
		return NULL;
	return temp_store_get(&import->store, entry->spooled);
}

/*
 * Where the layer's bytes are: in the source or, where the stream's pass did not keep them or an
 * image before this one was published with them, in the root: 1, 0, -1.
 */
static int find_bytes(struct import *import, const struct entry *entry, struct place *place,
                      struct err *err)
{
	const struct temp_blob *spooled = spooled_blob(import, entry);
	struct digest digest;

	memset(place, 0, sizeof(*place));
	if (import->source.kind != SOURCE_STREAM || (spooled && spooled->name[0])) {
		place->kind = PLACE_ENTRY;
		place->entry = *entry;
		return 1;
	}
	if (spooled)
		digest = blob_sums_digest(&spooled->stored, DIGEST_SHA256);
	else if (!spool_name_digest(entry->name, &digest))
		return 0;
	if (import_find(import, &digest, place, err) < 0)
		return -1;
	return place->kind == PLACE_ROOT;
}

static int open_layer(struct import *import, const struct entry *entry, struct source_bytes *bytes,
                      struct err *err)
{
	struct place place;
	int got = find_bytes(import, entry, &place, err);

	if (got == 0)
		return err_set(err, ERR_MALFORMED, "%s is not the layer that its diff_id promises",
		               entry->name);
	return got < 0 ? -1 : import_open(import, &place, bytes, err);
}

/*
 * How the layer came: compressed layers are kept as they are, whatever the root has made of their
 * diff_id before, or an image's digest would depend on what else was staged. A layer that the
 * stream's pass did not keep is looked at in the root.
 */
static int find_format(struct import *import, const struct entry *entry,
                       enum inflate_format *format, struct err *err)
{
	const struct temp_blob *spooled = spooled_blob(import, entry);
	char head[INFLATE_DETECT_BYTES];
	struct source_bytes bytes;
	struct place place;
	ssize_t n;
	int got;

	*format = INFLATE_PLAIN;
	if (spooled &&
	    (recipe_encodes(spooled->recipe) || spool_has_hashed(&import->spool, entry->spooled)))
		return 0;
	got = find_bytes(import, entry, &place, err);
	if (got <= 0)
		return got;
	if (import_open(import, &place, &bytes, err) < 0)
		return -1;
	n = file_read_at(bytes.fd, head, sizeof(head), bytes.offset, entry->name, err);
	source_bytes_close(&bytes);
	if (n < 0)
		return -1;
	*format = inflate_detect(head, (size_t)n);
	return 0;
}

/* <hex>.tar.gz and the like, as go-containerregistry and bazel name what they have compressed. */
static bool name_is_digest(const char *name, const struct digest *digest)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	char hex[DIGEST_TEXT_MAX];
	size_t len = strlen(digest_hex(digest, hex));

	return strncmp(last, hex, len) == 0 && (last[len] == '.' || last[len] == '\0');
}

/*
 * Whether the entry's bytes have the digest: 1, 0, -1. Two gzips of one tar may differ in their
 * header alone, so neither diff_id nor size tells.
 */
static int entry_is(struct import *import, const struct entry *entry, const struct digest *digest,
                    struct err *err)
{
	unsigned kinds = blob_sums_for(digest->alg);
	const struct temp_blob *spooled = spooled_blob(import, entry);
	struct source_bytes bytes;
	struct blob_sums sums = {0};
	struct digest found;
	int result;

	if (spooled && (spooled->stored.what & kinds) == kinds) {
		found = blob_sums_digest(&spooled->stored, digest->alg);
		return digest_equal(&found, digest);
	}
	if (!spooled && name_is_digest(entry->name, digest))
		return 1;
	if (open_layer(import, entry, &bytes, err) < 0)
		return -1;
	result = file_sum(bytes.fd, bytes.offset, bytes.size_bytes, kinds, import->queue.pool,
	                  entry->name, &sums, err);
	source_bytes_close(&bytes);
	if (result == 0) {
		found = blob_sums_digest(&sums, digest->alg);
		result = digest_equal(&found, digest);
	}
	blob_sums_release(&sums);
	return result;
}

/* A layer that came compressed and was kept by an earlier run: 1, 0, -1. */
static int find_kept(struct import *import, struct layer *layer, const struct entry *entry,
                     enum inflate_format format, struct err *err)
{
	int got = find_made(import, layer, RECIPE_AS_KEPT, err);

	layer->blob.encoding = encoding_as_kept(format);
	if (got > 0 && layer->blob.size_bytes != entry->size_bytes)
		return 0;
	return got > 0 ? entry_is(import, entry, &layer->blob.digest, err) : got;
}

/*
 * What need not be read: the root has made a blob of this diff_id, or has it as it is. `entry` is
 * NULL when the archive does not hold the layer.
 */
static int find_done(struct import *import, struct layer *layer, const struct entry *entry,
                     struct err *err)
{
	enum inflate_format format = INFLATE_PLAIN;

	if (import->options->recheck == RECHECK_ALL)
		return 0;
	if (entry && find_format(import, entry, &format, err) < 0)
		return -1;
	if (format != INFLATE_PLAIN)
		return find_kept(import, layer, entry, format, err);
	layer->blob.encoding = encoding_of(import->options->recipe);
	return find_made(import, layer, import->options->recipe, err);
}

/*
 * A layer in xz or bzip2, which no manifest has a media type for: unpacked, checked against its
 * diff_id, and compressed as plain ones are.
 */
static int read_unpacked(struct import *import, const struct source_bytes *bytes,
                         const struct write_queue_item *item, struct err *err)
{
	struct decompress *plain =
		decompress_range(bytes->fd, bytes->offset, bytes->size_bytes, item->what, err);
	struct blob_writer *writer = NULL;
	const void *data;
	ssize_t n = -1;

	if (plain)
		writer = write_queue_begin(&import->queue, item, bytes->size_bytes, err);
	while (writer && (n = decompress_next(plain, &data, err)) > 0)
		if (blob_writer_add(writer, data, (size_t)n, err) < 0) {
			n = -1;
			break;
		}
	decompress_free(plain);
	if (n == 0)
		return write_queue_commit(&import->queue, writer, item, err);
	blob_writer_free(writer);
	return err_context(err, "%s", item->what);
}

static int start_reading(struct import *import, struct layer *layer, const struct entry *entry,
                         const struct source_bytes *bytes, struct err *err)
{
	struct write_queue_item item = {.recipe = import->options->recipe,
	                                .expect = EXPECT_PLAIN,
	                                .digest = *layer->diff_id,
	                                .what = entry->name,
	                                .number = &layer->number};
	char head[DECOMPRESS_DETECT_BYTES];
	ssize_t n = file_read_at(bytes->fd, head, sizeof(head), bytes->offset, entry->name, err);
	enum inflate_format format;

	if (n < 0)
		return -1;
	if ((uint64_t)n < bytes->size_bytes && (size_t)n < sizeof(head))
		return err_set(err, ERR_MALFORMED, "%s is cut", entry->name);
	format = inflate_detect(head, (size_t)n);
	layer->blob.encoding = encoding_of(item.recipe);
	if (format == INFLATE_PLAIN && decompress_is_compressed(head, (size_t)n))
		return read_unpacked(import, bytes, &item, err);
	if (format != INFLATE_PLAIN) {
		layer->blob.encoding = encoding_as_kept(format);
		layer->verify = true;
		item.recipe = RECIPE_AS_IS;
		item.expect = EXPECT_NOTHING;
	}
	return write_queue_file(&import->queue, bytes->fd, bytes->offset, bytes->size_bytes, &item,
	                        err);
}

static int check_diff_id(const struct layer *layer, const char *what, const struct digest *found,
                         struct err *err)
{
	char wanted_text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];

	if (digest_equal(found, layer->diff_id))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: expected diff_id %s, found %s", what,
	               digest_text(layer->diff_id, wanted_text), digest_text(found, found_text));
}

static int start_layer(struct import *import, struct layer *layer, struct err *err)
{
	const struct temp_blob *spooled;
	struct source_bytes bytes;
	struct entry entry;
	int got;

	if (layer->done)
		return 0;
	got = source_find(&import->source, layer->path, &entry, err);
	if (got == 0)
		return err_set(err, ERR_MALFORMED, "%.300s is not in the archive", layer->path);
	if (got < 0)
		return -1;
	spooled = spooled_blob(import, &entry);
	/* The stream's pass has compressed it, or another image's layer was found to hold this. */
	if (spooled && spooled->recipe.kind != RECIPE_NONE) {
		enum inflate_format format;

		layer->number = entry.spooled;
		if (find_format(import, &entry, &format, err) < 0)
			return -1;
		if (format != INFLATE_PLAIN)
			layer->blob.encoding = encoding_as_kept(format);
		return check_diff_id(layer, entry.name, &spooled->plain, err);
	}
	if (spooled && spool_has_hashed(&import->spool, entry.spooled)) {
		struct digest plain = blob_sums_digest(&spooled->stored, DIGEST_SHA256);

		layer->number = entry.spooled;
		if (import->options->recipe.kind == RECIPE_NONE)
			return check_diff_id(layer, entry.name, &plain, err);
		return err_set(err, ERR_REFUSED,
		               "%s: a dry run reads a stream once, and cannot say what is in it",
		               entry.name);
	}
	if (open_layer(import, &entry, &bytes, err) < 0)
		return -1;
	got = start_reading(import, layer, &entry, &bytes, err);
	source_bytes_close(&bytes);
	return got;
}

/* Opens what was written of a layer, or in a dry run where it was read. */
static int open_written(struct import *import, const struct layer *layer,
                        struct source_bytes *bytes, struct err *err)
{
	struct entry entry;

	*bytes = (struct source_bytes){-1, true, 0, 0};
	if (import->queue.scratch && import->source.kind != SOURCE_STREAM)
		return source_find(&import->source, layer->path, &entry, err) < 0
		               ? -1
		               : source_bytes(&import->source, &entry, bytes, err);
	bytes->size_bytes = temp_store_get(&import->store, layer->number)->stored.size_bytes;
	bytes->fd = temp_store_open(&import->store, layer->number, &bytes->offset, err);
	return bytes->fd < 0 ? -1 : 0;
}

/* Inflates a kept layer, only to see what it holds. */
static int verify_kept(struct import *import, const struct layer *layer, struct err *err)
{
	struct inflate_limits limits = {.output_bytes = import->limits.uncompressed_bytes};
	struct digest found = {.alg = layer->diff_id->alg};
	struct source_bytes bytes;
	int result = open_written(import, layer, &bytes, err);

	if (result == 0)
		result = inflate_digest(bytes.fd, bytes.offset, bytes.size_bytes, layer->path,
		                        &limits, &found, err);
	source_bytes_close(&bytes);
	if (result < 0 || check_diff_id(layer, layer->path, &found, err) < 0)
		return -1;
	return temp_store_set_plain(&import->store, layer->number, layer->diff_id, err);
}

static int finish_layer(struct import *import, struct layer *layer, struct err *err)
{
	const struct temp_blob *blob;

	if (!layer->number)
		return 0;
	blob = temp_store_get(&import->store, layer->number);
	if (layer->verify && blob->recipe.kind == RECIPE_NONE &&
	    verify_kept(import, layer, err) < 0)
		return -1;
	if (recipe_encodes(blob->recipe))
		layer->blob.encoding = encoding_of(blob->recipe);
	layer->blob.digest = blob_sums_digest(&blob->stored, DIGEST_SHA256);
	layer->blob.size_bytes = blob->stored.size_bytes;
	return 0;
}

/* Which layers are there, and how much of the others is going to be read, for the progress. */
static int look_at_layers(const struct docker_image *image, struct import *import,
                          struct layer *layers, struct err *err)
{
	struct entry entry;

	for (size_t i = 0; i < image->layer_count; i++) {
		int got, done;

		layers[i].path = json_string_value(json_array_get(image->layers, i));
		layers[i].diff_id = &image->diff_ids[i];
		got = source_find(&import->source, layers[i].path, &entry, err);
		done = got < 0 ? -1 : find_done(import, &layers[i], got ? &entry : NULL, err);
		if (done < 0)
			return -1;
		layers[i].done = done;
		if (!done && got > 0)
			import->total_bytes += entry.size_bytes;
	}
	return 0;
}

static int build_layers(const struct docker_image *image, struct import *import,
                        struct layer *layers, struct err *err)
{
	if (look_at_layers(image, import, layers, err) < 0)
		return err_context(err, "%s", image->path);
	for (size_t i = 0; i < image->layer_count; i++) {
		if (start_layer(import, &layers[i], err) < 0)
			return err_context(err, "%s: Layers[%zu]", image->path, i);
	}
	if (write_queue_settle(&import->queue, err) < 0)
		return err_context(err, "%s", image->path);
	for (size_t i = 0; i < image->layer_count; i++)
		if (finish_layer(import, &layers[i], err) < 0)
			return err_context(err, "%s: Layers[%zu]", image->path, i);
	return 0;
}

static int write_manifest(const struct docker_image *image, const struct layer *layers,
                          enum manifest_format format, struct str *out, struct err *err)
{
	AUTO_FREE struct manifest_blob *blobs = calloc(image->layer_count + 1, sizeof(*blobs));

	if (!blobs)
		return err_memory(err);
	for (size_t i = 0; i < image->layer_count; i++)
		blobs[i] = layers[i].blob;
	return docker_manifest_write(out, format, &image->config, blobs, image->layer_count, err);
}

int docker_layers_build(const struct docker_image *image, struct import *import,
                        enum manifest_format format, struct str *out, struct err *err)
{
	AUTO_FREE struct layer *layers = calloc(image->layer_count + 1, sizeof(*layers));

	if (!layers)
		return err_memory(err);
	if (build_layers(image, import, layers, err) < 0) {
		/* The writers that are under way point into `layers`. */
		write_queue_release(&import->queue);
		return -1;
	}
	return write_manifest(image, layers, format, out, err);
}
