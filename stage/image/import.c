#include "stage/image/import.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/root/tree_file.h"
#include "db/state/blob.h"
#include "db/state/layer_cache.h"
#include "stage/document/descriptor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell_progress(void *context, uint64_t bytes)
{
	struct intake *intake = context;
	struct event event = {.type = EVENT_PROGRESS};

	event.u.progress.total_done_bytes = bytes;
	event_emit(intake->sink, &event);
}

/* Where the source cannot seek, its one pass has told all, and what is read now is our own. */
static void note_read(void *context, uint64_t bytes)
{
	struct intake *intake = context;
	struct event event = {.type = EVENT_PROGRESS};

	if (intake->source.kind == SOURCE_STREAM)
		return;
	intake->read_bytes += bytes;
	event.u.progress.total_done_bytes = intake->read_bytes;
	event.u.progress.total_bytes = intake->total_bytes;
	event_emit(intake->sink, &event);
}

void intake_init(struct intake *intake, struct root *root, const struct stage_options *options,
                 const struct event_sink *sink, struct pool *pool, struct recipe recipe,
                 const char *source_text)
{
	memset(intake, 0, sizeof(*intake));
	intake->root = root;
	intake->options = options;
	intake->sink = sink;
	intake->limits = options->limits;
	stage_limits_fill(&intake->limits);
	intake->recipe = recipe;
	temp_store_init(&intake->store, root->tmp);
	intake->ingest.pool = pool;
	intake->ingest.store = &intake->store;
	intake->ingest.tmp_dir = root->tmp;
	intake->ingest.limit_bytes = intake->limits.uncompressed_bytes;
	intake->ingest.progress = note_read;
	intake->ingest.context = intake;
	intake->spool.ingest = &intake->ingest;
	intake->spool.root = root;
	intake->spool.recipe = recipe;
	intake->spool.trust = options->recheck == RECHECK_ALL ? SPOOL_READ_ALL : SPOOL_TRUST_ROOT;
	intake->spool.progress = tell_progress;
	intake->spool.context = intake;
	source_init(&intake->source, source_text);
	entry_map_limit(&intake->source.map, intake->limits.entries);
}

void intake_release(struct intake *intake)
{
	source_close(&intake->source);
	ingest_release(&intake->ingest);
	temp_store_release(&intake->store);
}

static int find_root(struct intake *intake, const struct digest *digest, struct place *place,
                     struct err *err)
{
	struct blob_row row;
	int got = blob_get(intake->root->db, digest, &row, err);

	if (got <= 0)
		return got;
	got = tree_file_find(intake->root, digest, place->key, err);
	if (got <= 0)
		return got;
	place->kind = PLACE_ROOT;
	place->size_bytes = row.size_bytes;
	return 1;
}

static int find_temp(struct intake *intake, const struct digest *digest, struct place *place)
{
	place->temp = temp_store_find(&intake->store, digest);
	if (!place->temp)
		return 0;
	place->kind = PLACE_TEMP;
	place->size_bytes = temp_store_get(&intake->store, place->temp)->stored.size_bytes;
	return 1;
}

/* Whether an entry's bytes still are as they came, so that they can be read as this digest. */
static bool entry_readable(const struct intake *intake, const struct entry *entry)
{
	const struct temp_blob *blob;

	if (intake->source.kind != SOURCE_STREAM)
		return true;
	if (!entry->spooled)
		return false;
	blob = temp_store_get(&intake->store, entry->spooled);
	return blob->name[0] && blob->origin != TEMP_ENCODED;
}

/*
 * An entry that was compressed on the way and has the name of other bytes than it had: the plain
 * bytes of the right ones are found without it. 0, -1.
 */
static int check_promise(const struct intake *intake, const struct entry *entry, int found,
                         const struct digest *digest, struct err *err)
{
	char wanted[DIGEST_TEXT_MAX], have[DIGEST_TEXT_MAX];
	const struct temp_blob *blob;

	if (!found || !entry->spooled)
		return 0;
	blob = temp_store_get(&intake->store, entry->spooled);
	if (blob->origin != TEMP_ENCODED || digest_equal(&blob->plain, digest))
		return 0;
	return err_set(err, ERR_INTEGRITY, "%s: expected %s, found %s", entry->name,
	               digest_text(digest, wanted), digest_text(&blob->plain, have));
}

static int find_entry(struct intake *intake, const struct digest *digest, struct place *place,
                      struct err *err)
{
	char name[DIGEST_TEXT_MAX + 32], hex[DIGEST_TEXT_MAX];
	int got;

	(void)digest_hex(digest, hex);
	if (intake->paths == PATHS_DIR)
		(void)snprintf(name, sizeof(name), "%s", hex);
	else
		(void)snprintf(name, sizeof(name), "blobs/%s/%s", digest_alg_name(digest->alg),
		               hex);
	got = source_find(&intake->source, name, &place->entry, err);
	if (got == 0 && intake->paths == PATHS_DIR) {
		(void)snprintf(name, sizeof(name), "%s.manifest.json", hex);
		got = source_find(&intake->source, name, &place->entry, err);
	}
	if (got <= 0 || !entry_readable(intake, &place->entry))
		return got < 0 ? -1 : check_promise(intake, &place->entry, got, digest, err);
	place->kind = PLACE_ENTRY;
	place->size_bytes = place->entry.size_bytes;
	return 1;
}

static int find_inflatable(struct intake *intake, const struct digest *digest, struct place *place,
                           struct err *err)
{
	char recipe[RECIPE_TEXT_MAX];
	struct digest cached;
	int got;

	place->temp = temp_store_find_plain(&intake->store, digest);
	if (place->temp) {
		place->kind = PLACE_INFLATE;
		return 1;
	}
	if (intake->recipe.kind == RECIPE_NONE)
		return 0;
	got = layer_cache_get(intake->root->db, digest, recipe_text(&intake->recipe, recipe),
	                      &cached, err);
	if (got > 0)
		got = find_root(intake, &cached, place, err);
	if (got > 0)
		place->kind = PLACE_INFLATE;
	return got;
}

int intake_find(struct intake *intake, const struct digest *digest, struct place *place,
                struct err *err)
{
	bool recheck = intake->options->recheck == RECHECK_ALL;
	int got;

	memset(place, 0, sizeof(*place));
	got = recheck ? 0 : find_root(intake, digest, place, err);
	if (got == 0)
		got = find_temp(intake, digest, place);
	if (got == 0)
		got = find_entry(intake, digest, place, err);
	if (got == 0 && recheck)
		got = find_root(intake, digest, place, err);
	if (got == 0)
		got = find_inflatable(intake, digest, place, err);
	return got < 0 ? -1 : 0;
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

int intake_text(struct intake *intake, const struct digest *digest, const struct place *place,
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
		result = file_read_all(intake->root->dir, place->key, out, err);
		break;
	case PLACE_TEMP:
		result = file_read_all(intake->store.tmp_dir,
		                       temp_store_get(&intake->store, place->temp)->name, out, err);
		break;
	case PLACE_ENTRY:
		result = source_text(&intake->source, &place->entry, limits->max_bytes, out, err);
		break;
	case PLACE_INFLATE:
		result = err_set(err, ERR_MALFORMED, "is a tar archive, not a document");
		break;
	case PLACE_NOWHERE:
		result = err_set(err, ERR_BUG, "is nowhere");
		break;
	}
	if (result < 0)
		return -1;
	result = descriptor_check_bytes(&wanted, str_text(out), out->len, what, err);
	if (result < 0 && place->kind == PLACE_ROOT)
		(void)err_context(err, "the root is damaged, --recheck repairs it");
	return result;
}

int intake_entry_text(struct intake *intake, const struct entry *entry,
                      const struct json_limits *limits, struct str *out, struct err *err)
{
	struct digest digest;
	struct place place;

	/* A stream's entry that was not kept is in the root under its name's digest. */
	if (check_size(entry->name, entry->size_bytes, limits, err) < 0)
		return -1;
	if (intake->source.kind != SOURCE_STREAM || entry->spooled)
		return source_text(&intake->source, entry, limits->max_bytes, out, err);
	if (!spool_name_digest(entry->name, &digest))
		return err_set(err, ERR_BUG, "%s was not kept", entry->name);
	if (intake_find(intake, &digest, &place, err) < 0)
		return -1;
	return intake_text(intake, &digest, &place, limits, out, err);
}

static int fetch_inflated(struct intake *intake, const struct ingest_job *job,
                          const struct place *place, struct err *err)
{
	const struct temp_blob *blob =
		place->temp ? temp_store_get(&intake->store, place->temp) : NULL;
	AUTO_CLOSE int fd = blob ? file_open_read(intake->store.tmp_dir, blob->name, err)
	                         : file_open_read(intake->root->dir, place->key, err);

	if (fd < 0)
		return -1;
	return ingest_inflated(&intake->ingest, fd,
	                       blob ? blob->stored.size_bytes : place->size_bytes, job, err);
}

int intake_fetch(struct intake *intake, const struct digest *digest, const struct place *place,
                 const char *path, struct err *err)
{
	char text[DIGEST_TEXT_MAX], what[INGEST_WHAT_MAX];
	struct ingest_job job = {.expect = EXPECT_STORED, .digest = *digest, .what = what};
	struct source_bytes bytes;
	int result = 0;

	(void)snprintf(what, sizeof(what), "%.220s: %.160s", path,
	               place->kind == PLACE_ENTRY ? place->entry.name : digest_text(digest, text));
	if (place->kind == PLACE_INFLATE)
		return fetch_inflated(intake, &job, place, err);
	if (place->kind != PLACE_ENTRY)
		return 0;
	if (source_bytes(&intake->source, &place->entry, &bytes, err) < 0)
		return err_context(err, "%s", path);
	if (intake->options->link == LINK_HARD && intake->source.kind == SOURCE_FOLDER)
		result = ingest_link(&intake->ingest, bytes.fd, &job, err);
	if (result == 0)
		result = ingest_file(&intake->ingest, bytes.fd, bytes.offset, bytes.size_bytes,
		                     &job, err);
	source_bytes_close(&bytes);
	return result < 0 ? -1 : 0;
}

int intake_keep(struct intake *intake, const struct digest *digest, const void *bytes, size_t len,
                struct err *err)
{
	char text[DIGEST_TEXT_MAX];
	struct ingest_job job = {.expect = EXPECT_STORED, .digest = *digest};
	struct place place;

	job.what = digest_text(digest, text);
	memset(&place, 0, sizeof(place));
	if (find_temp(intake, digest, &place) > 0)
		return 0;
	if (intake->options->recheck != RECHECK_ALL) {
		int got = find_root(intake, digest, &place, err);

		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	return ingest_bytes(&intake->ingest, bytes, len, &job, err);
}
