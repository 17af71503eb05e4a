#include "stage/image/import.h"

#include "base/file.h"
#include "db/root/tree_file.h"
#include "stage/blob/layer_blob.h"
#include "stage/document/descriptor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell_bytes(struct import *import, uint64_t done, uint64_t all)
{
	struct event event = {.type = EVENT_PROGRESS};

	event.u.progress.phase = import->queue.encodes ? PHASE_COMPRESSING : PHASE_READING;
	event.u.progress.what = import->source.text;
	event.u.progress.total_done_bytes = done;
	event.u.progress.total_bytes = all;
	event_emit(import->sink, &event);
}

static void tell_progress(void *context, uint64_t bytes)
{
	tell_bytes(context, bytes, 0);
}

/* Where the source cannot seek, its one pass has told all, and what is read now is our own. */
static void note_read(void *context, uint64_t bytes)
{
	struct import *import = context;

	if (import->source.kind == SOURCE_STREAM)
		return;
	import->read_bytes += bytes;
	tell_bytes(import, import->read_bytes, import->total_bytes);
}

int import_init(struct import *import, struct root *root, const struct stage_options *options,
                const struct event_sink *sink, struct pool *pool, const char *source_text,
                struct err *err)
{
	memset(import, 0, sizeof(*import));
	import->root = root;
	import->options = options;
	import->sink = sink;
	import->limits = options->limits;
	stage_limits_fill(&import->limits);
	temp_store_init(&import->store, root->tmp);
	import->queue.pool = pool;
	import->queue.store = &import->store;
	import->queue.tmp_dir = root->tmp;
	import->queue.limit_bytes = import->limits.uncompressed_bytes;
	import->queue.progress = note_read;
	import->queue.context = import;
	import->spool.queue = &import->queue;
	import->spool.root = root;
	import->spool.recipe = options->recipe;
	import->spool.trust = options->recheck == RECHECK_ALL ? SPOOL_READ_ALL : SPOOL_TRUST_ROOT;
	import->spool.progress = tell_progress;
	import->spool.context = import;
	if (source_init(&import->source, source_text, err) < 0)
		return -1;
	entry_map_limit(&import->source.map, import->limits.entries);
	return 0;
}

void import_release(struct import *import)
{
	source_close(&import->source);
	digest_map_release(&import->rooted);
	remote_release(&import->remote);
	write_queue_release(&import->queue);
	temp_store_release(&import->store);
}

void import_dry_begin(struct import *import, struct temp_store *store, struct scratch *scratch)
{
	import->store = *store;
	temp_store_init(store, -1);
	import->queue.scratch = scratch;
	import->queue.tmp_dir = -1;
	import->spool.docker_names = import->source.prefix == PREFIX_DOCKER_ARCHIVE;
}

void import_dry_end(struct import *import, struct temp_store *store)
{
	write_queue_release(&import->queue);
	temp_store_end_source(&import->store);
	*store = import->store;
	temp_store_init(&import->store, -1);
}

uint32_t import_find_planned(const struct import *import, const struct digest *digest)
{
	uint32_t number = temp_store_find(&import->store, digest);

	return number && temp_store_get(&import->store, number)->plan == TEMP_PLANNED_BEFORE
	               ? number
	               : 0;
}

static int find_root(struct import *import, const struct digest *digest, struct place *place,
                     struct err *err)
{
	int got = tree_file_find(import->root, digest, place->key, &place->size_bytes, err);

	if (got > 0)
		place->kind = PLACE_ROOT;
	return got;
}

static int find_temp(struct import *import, const struct digest *digest, struct place *place)
{
	place->temp = temp_store_find(&import->store, digest);
	if (!place->temp)
		return 0;
	place->kind = PLACE_TEMP;
	place->size_bytes = temp_store_get(&import->store, place->temp)->stored.size_bytes;
	return 1;
}

/* Whether an entry's bytes still are as they came, so that they can be read as this digest. */
static bool entry_readable(const struct import *import, const struct entry *entry)
{
	const struct temp_blob *blob;

	if (import->source.kind != SOURCE_STREAM)
		return true;
	if (!entry->spooled)
		return false;
	blob = temp_store_get(&import->store, entry->spooled);
	return blob->name[0] && !recipe_encodes(blob->recipe);
}

/*
 * An entry that was compressed on the way and has the name of other bytes than it had: the plain
 * bytes of the right ones are found without it. 0, -1.
 */
static int check_promise(const struct import *import, const struct entry *entry, int found,
                         const struct digest *digest, struct err *err)
{
	char wanted[DIGEST_TEXT_MAX], have[DIGEST_TEXT_MAX];
	const struct temp_blob *blob;

	if (!found || !entry->spooled)
		return 0;
	blob = temp_store_get(&import->store, entry->spooled);
	if (!recipe_encodes(blob->recipe) || digest_equal(&blob->plain, digest))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: expected %s, found %s", entry->name,
	               digest_text(digest, wanted), digest_text(&blob->plain, have));
}

static int find_entry(struct import *import, const struct digest *digest, struct place *place,
                      struct err *err)
{
	char name[DIGEST_TEXT_MAX + 32], hex[DIGEST_TEXT_MAX];
	int got;

	(void)digest_hex(digest, hex);
	if (import->paths == PATHS_DIR)
		(void)snprintf(name, sizeof(name), "%s", hex);
	else
		(void)snprintf(name, sizeof(name), "blobs/%s/%s", digest_alg_name(digest->alg),
		               hex);
	got = source_find(&import->source, name, &place->entry, err);
	if (got == 0 && import->paths == PATHS_DIR) {
		(void)snprintf(name, sizeof(name), "%s.manifest.json", hex);
		got = source_find(&import->source, name, &place->entry, err);
	}
	if (got <= 0 || !entry_readable(import, &place->entry))
		return got < 0 ? -1 : check_promise(import, &place->entry, got, digest, err);
	place->kind = PLACE_ENTRY;
	place->size_bytes = place->entry.size_bytes;
	return 1;
}

/* Within a layer that was compressed on the way. */
static int find_compressed(const struct import *import, const struct digest *digest,
                           struct place *place)
{
	place->temp = temp_store_find_plain(&import->store, digest);
	if (!place->temp)
		return 0;
	place->kind = PLACE_INFLATE;
	place->size_bytes = temp_store_get(&import->store, place->temp)->stored.size_bytes;
	return 1;
}

/* Within a layer that the root holds compressed. */
static int find_inflatable(struct import *import, const struct digest *digest, struct place *place,
                           struct err *err)
{
	struct recipe recipe = import->options->recipe;
	struct layer_blob blob;
	int got;

	if (recipe.kind == RECIPE_NONE)
		return 0;
	got = layer_blob_find(import->root, digest, recipe, &blob, err);
	if (got > 0)
		got = find_root(import, &blob.digest, place, err);
	if (got > 0)
		place->kind = PLACE_INFLATE;
	return got;
}

static int find_promised(const struct import *import, const struct digest *digest,
                         struct place *place)
{
	const struct remote_blob *blob = remote_promised(&import->remote, digest);

	if (!blob)
		return 0;
	place->kind = PLACE_REMOTE;
	place->size_bytes = blob->size_bytes;
	return 1;
}

int import_find(struct import *import, const struct digest *digest, struct place *place,
                struct err *err)
{
	bool recheck = import->options->recheck == RECHECK_ALL;
	bool as_root = recheck && import_find_planned(import, digest);
	int got;

	memset(place, 0, sizeof(*place));
	got = recheck ? 0 : find_root(import, digest, place, err);
	if (got == 0 && !as_root)
		got = find_temp(import, digest, place);
	if (got == 0)
		got = find_entry(import, digest, place, err);
	if (got == 0)
		got = find_compressed(import, digest, place);
	if (got == 0)
		got = find_promised(import, digest, place);
	if (got == 0 && recheck)
		got = find_root(import, digest, place, err);
	if (got == 0 && as_root)
		got = find_temp(import, digest, place);
	if (got == 0)
		got = find_inflatable(import, digest, place, err);
	if (got > 0 && place->kind == PLACE_ROOT &&
	    digest_map_put(&import->rooted, digest, 1, err) < 0)
		return -1;
	return got < 0 ? -1 : 0;
}

bool import_is_in_root(const struct import *import, const struct digest *digest)
{
	uint32_t one;

	return digest_map_get(&import->rooted, digest, &one);
}

/* A document that is too large is not read at all. */
static int check_size(const char *what, uint64_t size, const struct json_limits *limits,
                      struct err *err)
{
	if (size <= limits->max_bytes)
		return 0;
	return err_set(err, ERR_REFUSED, "%s has %" PRIu64 " bytes, at most %zu are allowed%s",
	               what, size, limits->max_bytes, limits->bytes_hint);
}

/* Appends what lies in the store. */
static int temp_text(struct import *import, const struct place *place, const char *what,
                     struct str *out, struct err *err)
{
	struct source_bytes bytes;
	ssize_t n = -1;
	char *to;

	if (import_open(import, place, &bytes, err) < 0)
		return -1;
	to = str_reserve(out, (size_t)bytes.size_bytes);
	if (to)
		n = file_read_at(bytes.fd, to, (size_t)bytes.size_bytes, bytes.offset, what, err);
	else
		(void)err_set(err, ERR_REFUSED, "%s does not fit its limit", what);
	source_bytes_close(&bytes);
	if (n >= 0)
		str_grew(out, (size_t)n);
	return n < 0 ? -1 : 0;
}

/* A stream's bytes have another digest than their name says: a dry run has not even kept them. */
static int check_kept(const struct import *import, const struct place *place,
                      const struct digest *wanted, const char *what, struct err *err)
{
	char wanted_text[DIGEST_TEXT_MAX], found_text[DIGEST_TEXT_MAX];
	struct digest found;

	if (import->source.kind != SOURCE_STREAM ||
	    !spool_has_hashed(&import->spool, place->entry.spooled))
		return 0;
	found = blob_sums_digest(&temp_store_get(&import->store, place->entry.spooled)->stored,
	                         DIGEST_SHA256);
	return err_set(err, ERR_INTEGRITY, "%s: expected %s, found %s", what,
	               digest_text(wanted, wanted_text), digest_text(&found, found_text));
}

int import_text(struct import *import, const struct digest *digest, const struct place *place,
                const struct json_limits *limits, struct str *out, struct err *err)
{
	struct descriptor wanted = {.digest = *digest, .size_bytes = place->size_bytes};
	char text[DIGEST_TEXT_MAX];
	const char *what =
		place->kind == PLACE_ENTRY ? place->entry.name : digest_text(digest, text);
	int result = 0;

	if (place->kind != PLACE_INFLATE && check_size(what, place->size_bytes, limits, err) < 0)
		return -1;
	switch (place->kind) {
	case PLACE_ROOT:
		result = file_read_all(import->root->dir, place->key, out, err);
		break;
	case PLACE_TEMP:
		result = temp_text(import, place, what, out, err);
		break;
	case PLACE_ENTRY:
		result = check_kept(import, place, digest, what, err);
		if (result == 0)
			result = source_text(&import->source, &place->entry, limits->max_bytes, out,
			                     err);
		break;
	case PLACE_INFLATE:
		result = err_set(err, ERR_MALFORMED, "is a tar archive, not a document");
		break;
	case PLACE_REMOTE:
	case PLACE_NOWHERE:
		result = err_set(err, ERR_BUG, "is not here");
		break;
	}
	if (result < 0)
		return -1;
	result = descriptor_check_bytes(&wanted, str_text(out), out->len, what, err);
	if (result < 0 && place->kind == PLACE_ROOT)
		(void)err_context(err, "the root is damaged, --recheck repairs it");
	return result;
}

int import_entry_text(struct import *import, const struct entry *entry,
                      const struct json_limits *limits, struct str *out, struct err *err)
{
	struct digest digest;
	struct place place;

	/* A stream's entry that was not kept is in the root under its name's digest. */
	if (check_size(entry->name, entry->size_bytes, limits, err) < 0)
		return -1;
	if (import->source.kind != SOURCE_STREAM || entry->spooled)
		return source_text(&import->source, entry, limits->max_bytes, out, err);
	if (!spool_name_digest(entry->name, &digest))
		return err_set(err, ERR_BUG, "%s was not kept", entry->name);
	if (import_find(import, &digest, &place, err) < 0)
		return -1;
	return import_text(import, &digest, &place, limits, out, err);
}

/* What a dry run has read of a source that can seek, and not kept, is read there again. */
static int open_again(struct import *import, uint32_t number, struct source_bytes *bytes,
                      struct err *err)
{
	const struct temp_blob *blob = temp_store_get(&import->store, number);
	struct digest digest = blob_sums_digest(&blob->stored, DIGEST_SHA256);
	struct place place;
	int got = blob->scratch.there ? 0 : find_entry(import, &digest, &place, err);

	if (got > 0)
		return source_bytes(&import->source, &place.entry, bytes, err);
	if (got == 0)
		bytes->fd = temp_store_open(&import->store, number, &bytes->offset, err);
	return bytes->fd < 0 ? -1 : 0;
}

int import_open(struct import *import, const struct place *place, struct source_bytes *bytes,
                struct err *err)
{
	if (place->kind == PLACE_ENTRY)
		return source_bytes(&import->source, &place->entry, bytes, err);
	*bytes = (struct source_bytes){-1, true, 0, place->size_bytes};
	if (!place->temp)
		bytes->fd = file_open_read(import->root->dir, place->key, err);
	else if (import->queue.scratch && import->source.kind != SOURCE_STREAM)
		return open_again(import, place->temp, bytes, err);
	else
		bytes->fd = temp_store_open(&import->store, place->temp, &bytes->offset, err);
	return bytes->fd < 0 ? -1 : 0;
}

/* In a dry run: the layer that was compressed on the way had the digest before. */
static int note_inflated(struct import *import, const struct digest *digest, uint32_t temp,
                         struct err *err)
{
	struct blob_result result = {.name = "dry"};
	uint32_t number;

	memcpy(result.stored.sha256, digest->bytes, sizeof(result.stored.sha256));
	result.stored.what = SUM_SHA256;
	result.stored.size_bytes = temp_store_get(&import->store, temp)->plain_bytes;
	return temp_store_add(&import->store, &result, RECIPE_AS_IS, &number, err);
}

static int fetch_inflated(struct import *import, const struct write_queue_item *item,
                          const struct place *place, struct err *err)
{
	struct source_bytes bytes;
	int result;

	if (import->queue.scratch && place->temp)
		return note_inflated(import, &item->digest, place->temp, err);
	if (import_open(import, place, &bytes, err) < 0)
		return -1;
	result = write_queue_inflated(&import->queue, bytes.fd, bytes.size_bytes, item, err);
	source_bytes_close(&bytes);
	return result;
}

int import_fetch(struct import *import, const struct digest *digest, const struct place *place,
                 const char *path, struct err *err)
{
	char text[DIGEST_TEXT_MAX], what[WRITE_QUEUE_WHAT_MAX];
	struct write_queue_item item = {.expect = EXPECT_STORED, .digest = *digest, .what = what};
	struct source_bytes bytes;
	int result = 0;

	(void)snprintf(what, sizeof(what), "%.220s: %.160s", path,
	               place->kind == PLACE_ENTRY ? place->entry.name : digest_text(digest, text));
	if (place->kind == PLACE_INFLATE)
		return fetch_inflated(import, &item, place, err);
	if (place->kind != PLACE_ENTRY)
		return 0;
	if (check_kept(import, place, digest, what, err) < 0)
		return -1;
	if (source_bytes(&import->source, &place->entry, &bytes, err) < 0)
		return err_context(err, "%s", path);
	if (import->options->link == LINK_HARD && import->source.kind == SOURCE_FOLDER)
		result = write_queue_link(&import->queue, bytes.fd, &item, err);
	if (result == 0)
		result = write_queue_file(&import->queue, bytes.fd, bytes.offset, bytes.size_bytes,
		                          &item, err);
	source_bytes_close(&bytes);
	return result < 0 ? -1 : 0;
}

int import_keep(struct import *import, const struct digest *digest, const void *bytes, size_t len,
                struct err *err)
{
	char text[DIGEST_TEXT_MAX];
	struct write_queue_item item = {.expect = EXPECT_STORED, .digest = *digest};
	struct place place;

	item.what = digest_text(digest, text);
	memset(&place, 0, sizeof(place));
	if (find_temp(import, digest, &place) > 0)
		return 0;
	if (import->options->recheck != RECHECK_ALL) {
		int got = find_root(import, digest, &place, err);

		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	return write_queue_bytes(&import->queue, bytes, len, &item, err);
}
