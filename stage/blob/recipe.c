#include "stage/blob/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int level, level_max; /* the default, and the greatest */
} kinds[] = {
	[RECIPE_NONE] = {"none", 0, 0},
	[RECIPE_GZIP] = {"gzip", RECIPE_GZIP_LEVEL, RECIPE_GZIP_LEVEL_MAX},
	[RECIPE_ZSTD] = {"zstd", RECIPE_ZSTD_LEVEL, RECIPE_ZSTD_LEVEL_MAX},
	[RECIPE_KEPT] = {"kept", 0, 0},
};

/* Whether `text` is a number from 1 to `max`. */
static bool read_level(const char *text, int max, int *level)
{
	char *end;
	long value = strtol(text, &end, 10);

	*level = (int)value;
	return *text && !*end && value >= 1 && value <= max;
}

int recipe_parse(struct recipe *recipe, const char *text, struct err *err)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < RECIPE_KEPT; i++) {
		int level = kinds[i].level;

		if (strlen(kinds[i].name) != len || strncmp(kinds[i].name, text, len) != 0)
			continue;
		if (text[len] && !read_level(text + len + 1, kinds[i].level_max, &level))
			break;
		*recipe = (struct recipe){(enum recipe_kind)i, level};
		return 0;
	}
	return err_set(err, ERR_USAGE, "'%.40s' is not gzip[:1-%d], zstd[:1-%d] or none", text,
	               RECIPE_GZIP_LEVEL_MAX, RECIPE_ZSTD_LEVEL_MAX);
}

const char *recipe_text(struct recipe recipe, char text[RECIPE_TEXT_MAX])
{
	if (recipe.level == 0)
		(void)snprintf(text, RECIPE_TEXT_MAX, "%s", kinds[recipe.kind].name);
	else
		(void)snprintf(text, RECIPE_TEXT_MAX, "%s:%d", kinds[recipe.kind].name,
		               recipe.level);
	return text;
}
