#include "stage/blob/recipe.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int level, level_max; /* the default, and the greatest */
} kinds[] = {
	[RECIPE_NONE] = {"none", 0, 0},
	[RECIPE_GZIP] = {"gzip", RECIPE_GZIP_LEVEL, RECIPE_GZIP_LEVEL_MAX},
	[RECIPE_ZSTD] = {"zstd", RECIPE_ZSTD_LEVEL, RECIPE_ZSTD_LEVEL_MAX},
};

/* One or two digits; 0 for anything else. */
static int level_of(const char *text)
{
	int level = 0;

	if (strlen(text) > 2)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		level = level * 10 + (*text - '0');
	}
	return level;
}

int recipe_parse(struct recipe *recipe, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].name);
		int level = kinds[i].level;

		if (strncmp(text, kinds[i].name, len) != 0 || (text[len] && text[len] != ':'))
			continue;
		if (text[len] == ':') {
			level = level_of(text + len + 1);
			if (level < 1 || level > kinds[i].level_max)
				break;
		}
		*recipe = (struct recipe){(enum recipe_kind)i, level};
		return 0;
	}
	return err_set(err, ERR_USAGE,
	               "'%.40s' is no compression: use none, gzip[:1-%d] or zstd[:1-%d]", text,
	               RECIPE_GZIP_LEVEL_MAX, RECIPE_ZSTD_LEVEL_MAX);
}

const char *recipe_text(const struct recipe *recipe, char text[RECIPE_TEXT_MAX])
{
	if (recipe->kind == RECIPE_NONE)
		(void)snprintf(text, RECIPE_TEXT_MAX, "none");
	else
		(void)snprintf(text, RECIPE_TEXT_MAX, "%s:%d", kinds[recipe->kind].name,
		               recipe->level);
	return text;
}
