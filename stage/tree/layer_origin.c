#include "stage/tree/layer_origin.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/stop.h"
#include "stage/blob/encoder.h"
#include "stage/blob/inflate.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

struct frame {
	uint8_t *stored, *plain, *again; /* owned */
	size_t stored_len, plain_len;
};

static void frame_release(struct frame *f)
{
	free(f->stored);
	free(f->plain);
	free(f->again);
}

/* The first member, if it inflates to no more than ours do. */
static bool inflate_gzip(struct frame *f, size_t have, size_t room)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	enum libdeflate_result result = LIBDEFLATE_BAD_DATA;

	if (z)
		result = libdeflate_gzip_decompress_ex(z, f->stored, have, f->plain, room,
		                                       &f->stored_len, &f->plain_len);
	libdeflate_free_decompressor(z);
	return result == LIBDEFLATE_SUCCESS;
}

static bool inflate_zstd(struct frame *f, size_t have, size_t room)
{
	size_t got;

	f->stored_len = ZSTD_findFrameCompressedSize(f->stored, have);
	if (ZSTD_isError(f->stored_len))
		return false;
	got = ZSTD_decompress(f->plain, room, f->stored, f->stored_len);
	f->plain_len = got;
	return !ZSTD_isError(got);
}

/* 1 when the recipe makes the same frame of the same bytes, 0, -1. */
static int makes_frame(struct frame *f, const struct recipe *recipe, struct err *err)
{
	struct encoder *e = encoder_new(recipe, err);
	size_t len;
	int result = -1;

	if (e && encoder_run(e, f->plain, f->plain_len, f->again, &len, err) == 0)
		result = len == f->stored_len && memcmp(f->again, f->stored, len) == 0;
	encoder_free(e);
	return result;
}

static int find_level(struct frame *f, struct recipe *recipe, struct err *err)
{
	bool gzip = recipe->kind == RECIPE_GZIP;
	int first = gzip ? RECIPE_GZIP_LEVEL : RECIPE_ZSTD_LEVEL;
	int last = gzip ? RECIPE_GZIP_LEVEL_MAX : RECIPE_ZSTD_LEVEL_MAX;
	int got;

	recipe->level = first;
	got = makes_frame(f, recipe, err);
	for (int level = 1; got == 0 && level <= last; level++) {
		if (level == first)
			continue;
		if (stop_check(err) < 0)
			return -1;
		recipe->level = level;
		got = makes_frame(f, recipe, err);
	}
	return got;
}

/* 1: *recipe makes the first frame of the file, 0, -1. */
static int find_recipe(int fd, const char *key, struct recipe *recipe, struct err *err)
{
	size_t plain_room = encoder_frame_bytes(recipe), room = encoder_bound(recipe);
	struct frame f = {malloc(room), malloc(plain_room), malloc(room), 0, 0};
	ssize_t have = -1;
	bool ours = false;
	int result = -1;

	if (!f.stored || !f.plain || !f.again)
		(void)err_memory(err);
	else
		have = file_read_at(fd, f.stored, room, 0, key, err);
	if (have >= 0) {
		ours = recipe->kind == RECIPE_GZIP ? inflate_gzip(&f, (size_t)have, plain_room)
		                                   : inflate_zstd(&f, (size_t)have, plain_room);
		/* A short frame of ours is the last one. */
		ours = ours && (f.plain_len == plain_room || f.stored_len == (size_t)have);
		result = ours ? find_level(&f, recipe, err) : 0;
	}
	frame_release(&f);
	return result;
}

/* The digest, by plain->alg, of what is in the file: 1, 0 when it does not inflate after all, -1.
 */
static int hash_all(int fd, const char *key, uint64_t size, struct digest *plain, struct err *err)
{
	static const struct inflate_limits limits = {0};

	if (inflate_digest(fd, 0, size, key, &limits, plain, err) == 0)
		return 1;
	return err->code == ERR_MALFORMED || err->code == ERR_REFUSED ? 0 : -1;
}

/* A layer that is looked at. */
struct subject {
	int fd; /* owned */
	uint64_t size_bytes;
	enum inflate_format format;
};

static int open_layer(struct subject *s, int dir, const char *key, struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(dir, key, err);
	char head[INFLATE_DETECT_BYTES];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", key);
	n = file_read_at(fd, head, sizeof(head), 0, key, err);
	if (n < 0)
		return -1;
	s->size_bytes = (uint64_t)st.st_size;
	s->format = inflate_detect(head, (size_t)n);
	s->fd = steal_fd(&fd);
	return 0;
}

int layer_origin(int dir, const char *key, struct recipe *recipe, struct digest *plain,
                 struct err *err)
{
	struct subject s = {-1, 0, INFLATE_PLAIN};
	int got = 0;

	memset(plain, 0, sizeof(*plain));
	plain->alg = DIGEST_SHA256;
	if (open_layer(&s, dir, key, err) < 0)
		return -1;
	recipe->kind = s.format == INFLATE_GZIP ? RECIPE_GZIP : RECIPE_ZSTD;
	if (s.format != INFLATE_PLAIN)
		got = find_recipe(s.fd, key, recipe, err);
	if (got > 0)
		got = hash_all(s.fd, key, s.size_bytes, plain, err);
	(void)close(s.fd);
	return got;
}

int layer_origin_holds(int dir, const char *key, const struct digest *plain, struct err *err)
{
	struct digest found = {.alg = plain->alg};
	struct subject s = {-1, 0, INFLATE_PLAIN};
	int got = 0;

	if (open_layer(&s, dir, key, err) < 0)
		return -1;
	if (s.format != INFLATE_PLAIN)
		got = hash_all(s.fd, key, s.size_bytes, &found, err);
	(void)close(s.fd);
	return got > 0 ? digest_equal(&found, plain) : got;
}
