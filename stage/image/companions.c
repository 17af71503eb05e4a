#include "stage/image/companions.h"

#include "db/state/object.h"

static int is_in(struct db *db, const struct image *image, size_t index, struct err *err)
{
	char key[KEY_MAX];

	return object_has(db, layout_manifest(key, image->names.names[index].repo, &image->about),
	                  err);
}

int companions_join(struct db *db, struct image *image, struct err *err)
{
	int got = 0;

	for (size_t i = 0; got == 0 && i < image->names.count; i++)
		got = is_in(db, image, i, err);
	if (got <= 0)
		return got;
	for (size_t i = image->names.count; i-- > 0;) {
		got = is_in(db, image, i, err);
		if (got < 0)
			return -1;
		if (!got)
			name_set_drop(&image->names, i);
	}
	return 1;
}
