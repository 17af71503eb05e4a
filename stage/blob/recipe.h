/*
 * recipe: how the bytes of a blob are stored (C1).
 *
 *     none            as they are
 *     gzip[:LEVEL]    gzip in independent members of 1 MiB of input, levels 1 to 12
 *     zstd[:LEVEL]    zstd in independent frames of 4 MiB of input, levels 1 to 19
 *
 * The same bytes and the same recipe give the same stored bytes with one version of the encoder
 * library, whatever the number of threads and the kind of processor. The text form is what users
 * give to --compress and what layer_cache records; recipe_text always spells out the level, so that
 * a changed default is another recipe.
 */
#ifndef DRYDOCK_STAGE_BLOB_RECIPE_H
#define DRYDOCK_STAGE_BLOB_RECIPE_H

#include "base/err.h"

#include <stdbool.h>

enum recipe_kind {
	RECIPE_NONE = 0,
	RECIPE_GZIP,
	RECIPE_ZSTD,
	RECIPE_KEPT, /* as it came, which was compressed by a recipe of others */
};

struct recipe {
	enum recipe_kind kind;
	int level; /* 0 for RECIPE_NONE and RECIPE_KEPT */
};

enum {
	RECIPE_TEXT_MAX = 16,
	RECIPE_GZIP_LEVEL = 2, /* the defaults: see the tables in stage/blob/encoder.h */
	RECIPE_ZSTD_LEVEL = 3,
	RECIPE_GZIP_LEVEL_MAX = 12,
	RECIPE_ZSTD_LEVEL_MAX = 19,
};

#define RECIPE_AS_IS   ((struct recipe){RECIPE_NONE, 0})
#define RECIPE_AS_KEPT ((struct recipe){RECIPE_KEPT, 0})
#define RECIPE_DEFAULT ((struct recipe){RECIPE_GZIP, RECIPE_GZIP_LEVEL})

/* Whether the bytes are compressed here. */
static inline bool recipe_encodes(struct recipe recipe)
{
	return recipe.kind == RECIPE_GZIP || recipe.kind == RECIPE_ZSTD;
}

/* Parses what --compress takes. ERR_USAGE quoting the text. */
int recipe_parse(struct recipe *recipe, const char *text, struct err *err) MUST_CHECK;

/* "none", "gzip:2", "zstd:3", "kept". Returns `text`. */
const char *recipe_text(struct recipe recipe, char text[RECIPE_TEXT_MAX]);

#endif
