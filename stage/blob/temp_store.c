#include "stage/blob/temp_store.h"

#include "base/array.h"
#include "base/file.h"
#include "db/root/partials.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void temp_store_init(struct temp_store *store, int tmp_dir)
{
	memset(store, 0, sizeof(*store));
	store->tmp_dir = tmp_dir;
}

void temp_store_release(struct temp_store *store)
{
	for (uint32_t i = 0; i < store->count; i++) {
		struct temp_blob *blob = store->blobs[i];

		/* A file that cannot be removed now is removed when the root is opened next. What
		 * came over a network is kept for the next run. */
		if (blob->name[0] && !partial_name_is(blob->name))
			(void)unlinkat(store->tmp_dir, blob->name, 0);
		blob_sums_release(&blob->stored);
		free(blob);
	}
	free(store->blobs);
	digest_map_release(&store->by_digest);
	digest_map_release(&store->by_plain);
	memset(store, 0, sizeof(*store));
}

static int map_digests(struct temp_store *store, const struct temp_blob *blob, uint32_t number,
                       struct err *err)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct digest digest;

		if ((blob_sums_for(algs[i]) & blob->stored.what) != blob_sums_for(algs[i]))
			continue;
		digest = blob_sums_digest(&blob->stored, algs[i]);
		if (digest_map_put(&store->by_digest, &digest, number, err) < 0)
			return -1;
	}
	if (blob->plain.alg == DIGEST_NONE)
		return 0;
	return digest_map_put(&store->by_plain, &blob->plain, number, err);
}

/* A second file with the same bytes is of no use, unless it knows another digest of them. */
static bool take_existing(struct temp_store *store, const struct blob_result *result,
                          uint32_t *number)
{
	struct digest digest = blob_sums_digest(&result->stored, DIGEST_SHA256);
	struct temp_blob *blob;
	uint32_t found = temp_store_find(store, &digest);

	if (!found)
		return false;
	blob = temp_store_get(store, found);
	if (!blob->scratch.there)
		blob->scratch = result->scratch;
	if ((result->stored.what & ~blob->stored.what) != 0)
		return false;
	if (result->plain.what & SUM_SHA256) {
		struct digest plain = blob_sums_digest(&result->plain, DIGEST_SHA256);

		if (!digest_equal(&plain, &blob->plain))
			return false;
	}
	*number = found;
	return true;
}

int temp_store_add(struct temp_store *store, struct blob_result *result, struct recipe recipe,
                   uint32_t *number, struct err *err)
{
	struct temp_blob *blob;

	if (take_existing(store, result, number)) {
		(void)unlinkat(store->tmp_dir, result->name, 0);
		blob_result_release(result);
		return 0;
	}
	if (array_room(&store->blobs, store->count, &store->cap, err) < 0)
		goto fail;
	blob = calloc(1, sizeof(*blob));
	if (!blob) {
		(void)err_memory(err);
		goto fail;
	}
	memcpy(blob->name, result->name, sizeof(blob->name));
	blob->recipe = recipe;
	blob->scratch = result->scratch;
	blob->plain_bytes = result->plain.size_bytes;
	blob->stored = result->stored;
	memset(&result->stored, 0, sizeof(result->stored));
	if (result->plain.what & SUM_SHA256)
		blob->plain = blob_sums_digest(&result->plain, DIGEST_SHA256);
	blob_result_release(result);
	store->blobs[store->count++] = blob;
	*number = store->count;
	return map_digests(store, blob, *number, err);
fail:
	(void)unlinkat(store->tmp_dir, result->name, 0);
	blob_result_release(result);
	return -1;
}

struct temp_blob *temp_store_get(const struct temp_store *store, uint32_t number)
{
	return store->blobs[number - 1];
}

static uint32_t find_in(const struct temp_store *store, const struct digest_map *map,
                        const struct digest *key)
{
	uint32_t number;

	if (!digest_map_get(map, key, &number) || !temp_store_get(store, number)->name[0])
		return 0;
	return number;
}

uint32_t temp_store_find(const struct temp_store *store, const struct digest *digest)
{
	return find_in(store, &store->by_digest, digest);
}

uint32_t temp_store_find_plain(const struct temp_store *store, const struct digest *plain)
{
	return find_in(store, &store->by_plain, plain);
}

int temp_store_open(const struct temp_store *store, uint32_t number, uint64_t *offset,
                    struct err *err)
{
	const struct temp_blob *blob = temp_store_get(store, number);
	int fd;

	*offset = 0;
	if (store->tmp_dir >= 0)
		return file_open_read(store->tmp_dir, blob->name, err);
	if (!blob->scratch.there)
		return err_set(err, ERR_BUG, "a dry run has not kept these bytes");
	*offset = blob->scratch.offset;
	fd = fcntl(blob->scratch.fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? err_sys(err, "temporary file") : fd;
}

void temp_store_end_source(struct temp_store *store)
{
	for (uint32_t i = 0; i < store->count; i++) {
		struct temp_blob *blob = store->blobs[i];

		if (blob->plan == TEMP_UNPLANNED)
			blob->name[0] = '\0';
		else
			blob->plan = TEMP_PLANNED_BEFORE;
	}
}

int temp_store_set_plain(struct temp_store *store, uint32_t number, const struct digest *plain,
                         struct err *err)
{
	struct temp_blob *blob = temp_store_get(store, number);

	blob->recipe = RECIPE_AS_KEPT;
	blob->plain = *plain;
	return digest_map_put(&store->by_plain, plain, number, err);
}

void temp_store_published(struct temp_store *store, uint32_t number)
{
	temp_store_get(store, number)->name[0] = '\0';
}
