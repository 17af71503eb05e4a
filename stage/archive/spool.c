#include "stage/archive/spool.h"

#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "stage/blob/layer_blob.h"

#include <stdio.h>
#include <string.h>

enum { SPOOL_BUFFER = 64 << 10 };

bool spool_name_digest(const char *name, struct digest *digest)
{
	char text[DIGEST_TEXT_MAX];
	const char *alg = name + 6, *slash;

	if (strncmp(name, "blobs/", 6) != 0 || !(slash = strchr(alg, '/')) ||
	    strlen(alg) >= sizeof(text))
		return false;
	(void)snprintf(text, sizeof(text), "%.*s:%s", (int)(slash - alg), alg, slash + 1);
	return digest_parse_quiet(digest, text, strlen(text));
}

enum entry_kind entry_kind_of(enum tar_entry_kind kind)
{
	switch (kind) {
	case TAR_SYMLINK:
		return ENTRY_SYMLINK;
	case TAR_HARDLINK:
		return ENTRY_HARDLINK;
	case TAR_FILE:
	case TAR_FOLDER:
		break;
	}
	return ENTRY_FILE;
}

/* Whether the entry's bytes need not be kept, because the root has what would become of them. */
static int is_held(const struct spool *spool, const struct digest *named, struct err *err)
{
	struct layer_blob blob;
	int held;

	if (spool->trust == SPOOL_READ_ALL)
		return 0;
	held = layer_blob_find(spool->root, named, RECIPE_AS_IS, &blob, err);
	if (held != 0 || spool->recipe.kind == RECIPE_NONE)
		return held;
	return layer_blob_find(spool->root, named, spool->recipe, &blob, err);
}

/* Reads until the buffer is full or the entry ends. */
static ssize_t read_piece(struct tar_reader *tar, char *buffer, struct err *err)
{
	size_t len = 0;

	while (len < SPOOL_BUFFER) {
		ssize_t n = tar_reader_read(tar, buffer + len, SPOOL_BUFFER - len, err);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int write_entry(const struct spool *spool, struct tar_reader *tar,
                       struct blob_writer *writer, char *buffer, ssize_t n, struct err *err)
{
	while (n > 0) {
		if (blob_writer_add(writer, buffer, (size_t)n, err) < 0)
			return -1;
		if (spool->progress)
			spool->progress(spool->context, tar_reader_consumed(tar));
		n = read_piece(tar, buffer, err);
	}
	return (int)n;
}

/* What is to be done with an entry: how its bytes are kept and what they must hash to. */
static void plan_entry(const struct spool *spool, const char *head, size_t len, bool named,
                       struct write_queue_item *item)
{
	if (tar_is_header(head, len))
		item->recipe = spool->recipe;
	/*
	 * SHA-256 is computed of everything, so that what a name promises can be checked when the
	 * entry is referred to (N4: an entry without a reference is ignored). The other algorithm's
	 * must be asked for now, and of bytes that are not compressed.
	 */
	if (!named || item->digest.alg == DIGEST_SHA256)
		return;
	item->recipe = RECIPE_AS_IS;
	item->expect = EXPECT_STORED;
}

/*
 * Whether a dry run keeps the entry: what may be a document, and what has to be read at the end to
 * know what it is. A tar is a layer, and all that is asked of one is its digests.
 */
static bool wants_reread(const struct spool *spool, const struct write_queue_item *item,
                         const char *head, size_t len, bool named)
{
	if (!named || spool->docker_names)
		return !tar_is_header(head, len);
	return item->digest.alg != DIGEST_SHA256 || (len > 0 && json_may_begin(head[0]));
}

/* 1 when a writer is under way for the entry, 0 when it is not kept. */
static int spool_entry(struct spool *spool, struct tar_reader *tar, const char *name,
                       uint64_t size_bytes, uint32_t *number, struct err *err)
{
	char clean[ENTRY_NAME_MAX + 1], buffer[SPOOL_BUFFER];
	struct write_queue_item item = {.what = clean};
	bool named = entry_path_join(clean, "", name) && spool_name_digest(clean, &item.digest);
	int held = named ? is_held(spool, &item.digest, err) : 0;
	struct blob_writer *writer;
	uint64_t room;
	ssize_t n;

	if (held != 0)
		return held < 0 ? -1 : 0;
	item.number = number;
	n = read_piece(tar, buffer, err);
	if (n < 0)
		return -1;
	plan_entry(spool, buffer, (size_t)n, named, &item);
	item.reread = wants_reread(spool, &item, buffer, (size_t)n, named);
	/* How much a compressed layer needs is not known before. */
	if (!spool->queue->scratch && item.recipe.kind == RECIPE_NONE &&
	    file_check_room(spool->queue->tmp_dir, size_bytes, &room, err) < 0)
		return err_context(err, "%.300s", clean);
	writer = write_queue_begin(spool->queue, &item, size_bytes, err);
	if (!writer)
		return -1;
	if (write_entry(spool, tar, writer, buffer, n, err) < 0) {
		blob_writer_free(writer);
		return err_context(err, "%.300s", clean);
	}
	return write_queue_commit(spool->queue, writer, &item, err) < 0 ? -1 : 1;
}

/*
 * The number of an entry's blob is known only when its writer settles, a few entries later. The
 * entries that are under way stand in a ring that is one longer than there can be writers, so that
 * a place that comes up again has settled.
 */
enum { RING = WRITE_QUEUE_PENDING_MAX + 1 };
struct under_way {
	uint32_t index; /* of the entry in the map */
	uint32_t number;
	bool used;
};

static void note_number(struct entry_map *map, struct under_way *place)
{
	if (place->used)
		entry_map_set_spooled(map, place->index, place->number);
	place->used = false;
}

/* 1 when `place` is taken, 0 when it is still free. */
static int spool_next(struct spool *spool, struct tar_reader *tar, const struct tar_entry *entry,
                      struct entry_map *map, struct under_way *place, struct err *err)
{
	uint32_t index = map->count;
	int got;

	if (entry->kind == TAR_FOLDER)
		return entry_map_pass(map, err);
	if (entry_map_add(map, entry_kind_of(entry->kind), entry->name,
	                  entry->kind == TAR_FILE ? NULL : entry->target, 0, entry->size_bytes, 0,
	                  err) < 0)
		return -1;
	if (entry->kind != TAR_FILE || map->count == index)
		return 0;
	note_number(map, place);
	got = spool_entry(spool, tar, entry->name, entry->size_bytes, &place->number, err);
	place->index = index;
	place->used = got > 0;
	return got;
}

static int spool_all(struct spool *spool, struct tar_reader *tar, struct entry_map *map,
                     struct err *err)
{
	struct under_way ring[RING];
	struct tar_entry entry;
	unsigned at = 0;
	int got;

	memset(ring, 0, sizeof(ring));
	while ((got = tar_reader_next(tar, &entry, err)) > 0) {
		int taken = spool_next(spool, tar, &entry, map, &ring[at % RING], err);

		if (taken < 0)
			goto fail;
		at += (unsigned)taken;
	}
	if (got < 0 || write_queue_settle(spool->queue, err) < 0)
		goto fail;
	for (unsigned i = 0; i < RING; i++)
		note_number(map, &ring[i]);
	return 0;
fail:
	/* The writers that are under way point into the ring. */
	write_queue_release(spool->queue);
	return -1;
}

/* A program that writes into a pipe must not be killed for the padding behind the last block. */
static int drain(int fd, const char *label, struct err *err)
{
	char buffer[SPOOL_BUFFER];
	ssize_t n;

	do {
		if (stop_check(err) < 0)
			return -1;
		n = file_read(fd, buffer, sizeof(buffer), label, err);
	} while (n > 0);
	return (int)n;
}

int spool_read(struct spool *spool, int fd, const char *label, struct entry_map *map,
               struct err *err)
{
	struct tar_reader *tar = tar_reader_new(fd, TAR_STREAM, label, err);
	int result;

	if (!tar)
		return -1;
	result = spool_all(spool, tar, map, err);
	tar_reader_free(tar);
	return result < 0 ? -1 : drain(fd, label, err);
}
