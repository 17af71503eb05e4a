#include "stage/export/place.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "stage/blob/file_clone.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum { HASH_BUFFER = 1 << 16, AGE_STEP_S = 2 }; /* FAT's clock goes in twos */

const char *place_source(const struct export_item *item, char key[KEY_MAX])
{
	struct key_parts parts;

	if (item->kind == KIND_TAG && layout_parse(&parts, item->key))
		return layout_manifest(key, parts.repo, &item->digest);
	memcpy(key, item->key, strlen(item->key) + 1);
	return key;
}

static int stat_source(const struct place *place, const struct export_item *item, struct stat *st,
                       struct err *err)
{
	char source[KEY_MAX];

	(void)place_source(item, source);
	if (fstatat(place->root->dir, source, st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_sys(err, "stat %s", source);
		return err_set(err, ERR_INTEGRITY,
		               "%s is not in the root, though its state says so: drydock verify "
		               "tells more",
		               source);
	}
	if (S_ISREG(st->st_mode) && (uint64_t)st->st_size == item->size_bytes)
		return 0;
	return err_set(err, ERR_INTEGRITY,
	               "%s has %lld bytes, and the state says %" PRIu64 ": drydock verify tells "
	               "more",
	               source, (long long)st->st_size, item->size_bytes);
}

/* 1, 0, -1. */
static int stat_placed(const struct place *place, const char *key, struct stat *st, struct err *err)
{
	if (place->dir < 0)
		return 0;
	if (fstatat(place->dir, key, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "stat %s", key);
}

static bool same_age(const struct stat *a, const struct stat *b)
{
	int64_t apart = (int64_t)file_modified_at(a).tv_sec - file_modified_at(b).tv_sec;

	return apart <= AGE_STEP_S && apart >= -AGE_STEP_S;
}

int place_look(const struct place *place, const struct export_item *item, struct err *err)
{
	struct stat source, placed;
	int there;

	if (item->kind != KIND_HOST && stat_source(place, item, &source, err) < 0)
		return -1;
	there = stat_placed(place, item->key, &placed, err);
	if (there <= 0)
		return there;
	if (S_ISREG(placed.st_mode) && (uint64_t)placed.st_size == item->size_bytes &&
	    (item->kind == KIND_HOST || same_age(&source, &placed)))
		return PLACE_DONE;
	return PLACE_OTHER;
}

int place_is_taken(const struct place *place, const struct export_item *item, struct err *err)
{
	struct stat source, placed;
	int there = stat_placed(place, item->key, &placed, err);

	if (there <= 0 || item->kind == KIND_HOST)
		return there;
	if (stat_source(place, item, &source, err) < 0)
		return -1;
	return source.st_dev != placed.st_dev || source.st_ino != placed.st_ino;
}

int place_check_kind(const struct place *place, const char *key, bool folder, struct err *err)
{
	struct stat placed;
	int there = stat_placed(place, key, &placed, err);

	if (there <= 0 || (bool)S_ISDIR(placed.st_mode) == folder)
		return there < 0 ? -1 : 0;
	return err_set(err, ERR_REFUSED, "%s is in the way: a %s belongs there: move it away", key,
	               folder ? "folder" : "file");
}

/* Of its own file system, or one that has no links for it. */
static bool must_copy(int error)
{
	return error == EXDEV || error == EPERM || error == EACCES || error == EMLINK ||
	       error == ENOTSUP || error == ENOSYS || error == EINVAL;
}

static int copy_file(const struct place *place, const char *source, const struct export_item *item,
                     struct err *err)
{
	AUTO_CLOSE int in = file_open_read(place->root->dir, source, err), out = -1;
	struct timespec times[2];
	struct stat st;

	if (in < 0)
		return -1;
	if (fstat(in, &st) < 0)
		return err_sys(err, "stat %s", source);
	out = file_create(place->dir, MARKER_TEMP, FILE_MODE_PUBLIC, err);
	if (out < 0)
		return -1;
	if (!file_clone_range(in, 0, item->size_bytes, out, place->dir, MARKER_TEMP) &&
	    file_copy_bytes(in, out, item->size_bytes, item->key, err) < 0)
		return -1;
	times[0] = times[1] = file_modified_at(&st);
	if (futimens(out, times) < 0)
		return err_sys(err, "set the time of %s", item->key);
	return file_sync_close(&out, item->key, err);
}

static int link_or_copy(struct place *place, const struct export_item *item, struct err *err)
{
	char source[KEY_MAX];

	(void)place_source(item, source);
	if (linkat(place->root->dir, source, place->dir, MARKER_TEMP, 0) == 0) {
		place->linked++;
		return 0;
	}
	if (!must_copy(errno))
		return err_sys(err, "link %s", source);
	place->copied++;
	return copy_file(place, source, item, err);
}

/* Lists are replaced while they are read: only their bytes tell which one this is. */
static int check_list(const struct place *place, const struct export_item *item, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(place->dir, MARKER_TEMP, err);
	struct hash hash = HASH_INIT;
	uint8_t sum[HASH_BYTES_MAX] = {0};
	char buffer[HASH_BUFFER];
	ssize_t got = -1;
	int result = -1;

	if (fd >= 0 && hash_start(&hash, hash_kind_of(item->digest.alg), err) == 0)
		while ((got = file_read(fd, buffer, sizeof(buffer), item->key, err)) > 0)
			if (hash_add(&hash, buffer, (size_t)got, err) < 0)
				break;
	if (got == 0)
		result = hash_finish(&hash, sum, err);
	hash_release(&hash);
	if (result == 0 && memcmp(sum, item->digest.bytes, digest_size(item->digest.alg)) != 0)
		return err_set(err, ERR_INTEGRITY,
		               "%s is not what the state says: drydock verify tells more",
		               item->key);
	return result;
}

static int write_text(const struct place *place, const struct export_item *item, struct err *err)
{
	const struct str *text = NULL;
	AUTO_CLOSE int fd = -1;

	for (size_t i = 0; i < place->files->count; i++)
		if (strcmp(place->files->files[i].key, item->key) == 0)
			text = &place->files->files[i].text;
	if (!text)
		return err_set(err, ERR_BUG, "%s has no text", item->key);
	fd = file_create(place->dir, MARKER_TEMP, FILE_MODE_PUBLIC, err);
	if (fd < 0 || file_write(fd, str_text(text), text->len, item->key, err) < 0)
		return -1;
	return file_sync_close(&fd, item->key, err);
}

static int put_temp(struct place *place, const struct export_item *item, struct err *err)
{
	if (item->kind == KIND_HOST)
		return write_text(place, item, err);
	if (link_or_copy(place, item, err) < 0)
		return -1;
	return strchr("rflc", (int)item->kind) ? check_list(place, item, err) : 0;
}

int place_put(struct place *place, const struct export_item *item, struct err *err)
{
	struct stat st;

	if (item->kind != KIND_HOST && stat_source(place, item, &st, err) < 0)
		return -1;
	if (file_remove(place->dir, MARKER_TEMP, err) == 0 && put_temp(place, item, err) == 0 &&
	    file_make_parents(place->dir, item->key, err) == 0 &&
	    file_rename(place->dir, MARKER_TEMP, item->key, err) == 0)
		return 0;
	(void)unlinkat(place->dir, MARKER_TEMP, 0);
	return -1;
}

int place_remove(const struct place *place, const struct export_item *item, struct err *err)
{
	if (file_remove(place->dir, item->key, err) < 0)
		return -1;
	return file_prune_parents(place->dir, item->key, err);
}
