#include "stage/image/companions.h"

#include "db/state/object.h"

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
