#include "stage/blob/layer_blob.h"

#include "db/root/tree_file.h"
#include "db/state/layer_cache.h"

int layer_blob_find(struct root *root, const struct digest *plain, struct recipe recipe,
                    struct layer_blob *found, struct err *err)
{
	char text[RECIPE_TEXT_MAX], key[KEY_MAX];
	int got = 1;

	found->digest = *plain;
	if (recipe.kind != RECIPE_NONE)
		got = layer_cache_get(root->db, plain, recipe_text(recipe, text), &found->digest,
		                      err);
	if (got <= 0)
		return got;
	return tree_file_find(root, &found->digest, key, &found->size_bytes, err);
}

int layer_blob_put(struct root *root, const struct digest *plain, struct recipe recipe,
                   const struct digest *blob, struct err *err)
{
	char text[RECIPE_TEXT_MAX];

	return layer_cache_put(root->db, plain, recipe_text(recipe, text), blob, err);
}
