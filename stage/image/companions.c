#include "stage/image/companions.h"

#include "db/state/object.h"

void companions_note_waits(struct image_list *list)
{
	uint32_t at;

	for (size_t i = 0; i < list->count; i++) {
		struct image *image = &list->images[i];

		image->waits = subject_is_needed(image) &&
		               digest_map_get(&list->by_node, &image->about, &at) &&
		               subject_is_needed(&list->images[at]);
	}
}

static int is_in(struct db *db, const struct text_set *planned, const struct image *image,
                 size_t index, struct err *err)
{
	char key[KEY_MAX];

	(void)layout_manifest(key, image->names.names[index].repo, &image->about);
	return planned && text_set_has(planned, key) ? 1 : object_has(db, key, err);
}

int companions_join(struct db *db, const struct text_set *planned, struct image *image,
                    struct err *err)
{
	int got = 0;

	for (size_t i = 0; got == 0 && i < image->names.count; i++)
		got = is_in(db, planned, image, i, err);
	if (got <= 0)
		return got;
	for (size_t i = image->names.count; i-- > 0;) {
		got = is_in(db, planned, image, i, err);
		if (got < 0)
			return -1;
		if (!got)
			name_set_drop(&image->names, i);
	}
	return 1;
}
