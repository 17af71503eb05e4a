#include "stage/blob/encoder.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

#define GZIP_FRAME_BYTES ((size_t)1 << 20)
#define ZSTD_FRAME_BYTES ((size_t)4 << 20)

struct encoder {
	struct recipe recipe;
	struct libdeflate_compressor *gzip; /* owned; NULL unless RECIPE_GZIP */
	ZSTD_CCtx *zstd;                    /* owned; NULL unless RECIPE_ZSTD */
};

size_t encoder_frame_bytes(const struct recipe *recipe)
{
	return recipe->kind == RECIPE_ZSTD ? ZSTD_FRAME_BYTES : GZIP_FRAME_BYTES;
}

size_t encoder_bound(const struct recipe *recipe)
{
	if (recipe->kind == RECIPE_ZSTD)
		return ZSTD_compressBound(ZSTD_FRAME_BYTES);
	return libdeflate_gzip_compress_bound(NULL, GZIP_FRAME_BYTES);
}

/* Measured: ZSTD_sizeof_CCtx after one frame, and the allocations of libdeflate. */
size_t encoder_memory_bytes(const struct recipe *recipe)
{
	static const unsigned char zstd_mib[RECIPE_ZSTD_LEVEL_MAX + 1] = {
		1, 1, 1, 2, 3, 4, 4, 7, 7, 13, 25, 25, 49, 33, 49, 65, 33, 49, 50, 50};

	if (recipe->kind == RECIPE_ZSTD)
		return (size_t)zstd_mib[recipe->level] << 20;
	return (size_t)(recipe->level < 10 ? 1 : 9) << 20;
}

static ZSTD_CCtx *new_zstd(int level)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();

	if (z && (ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level)) ||
	          ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)))) {
		(void)ZSTD_freeCCtx(z);
		return NULL;
	}
	return z;
}

struct encoder *encoder_new(const struct recipe *recipe, struct err *err)
{
	struct encoder *e = calloc(1, sizeof(*e));

	if (!e) {
		(void)err_memory(err);
		return NULL;
	}
	e->recipe = *recipe;
	if (recipe->kind == RECIPE_ZSTD)
		e->zstd = new_zstd(recipe->level);
	else
		e->gzip = libdeflate_alloc_compressor(recipe->level);
	if (!e->zstd && !e->gzip) {
		encoder_free(e);
		(void)err_memory(err);
		return NULL;
	}
	return e;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	(void)ZSTD_freeCCtx(e->zstd);
	if (e->gzip)
		libdeflate_free_compressor(e->gzip);
	free(e);
}

int encoder_run(struct encoder *e, const void *in, size_t in_len, void *out, size_t *out_len,
                struct err *err)
{
	size_t room = encoder_bound(&e->recipe);

	if (e->gzip) {
		*out_len = libdeflate_gzip_compress(e->gzip, in, in_len, out, room);
		return *out_len ? 0 : err_set(err, ERR_BUG, "gzip: a member exceeds its bound");
	}
	*out_len = ZSTD_compress2(e->zstd, out, room, in, in_len);
	if (ZSTD_isError(*out_len))
		return err_set(err, ERR_OTHER, "zstd: %s", ZSTD_getErrorName(*out_len));
	return 0;
}
