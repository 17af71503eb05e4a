#include "db/root/tree_file.h"

#include "db/state/blob.h"
#include "db/state/object_places.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

bool tree_file_sound(const struct root *root, const char *key, uint64_t size_bytes)
{
	struct stat st;

	return fstatat(root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size_bytes;
}

struct finding {
	const struct root *root;
	uint64_t size_bytes;
	char *key;
};

static int take_sound(void *context, const struct object_place *at, struct err *err)
{
	struct finding *f = context;

	(void)err;
	if ((at->object_class != CLASS_BLOB && at->object_class != CLASS_MANIFEST) ||
	    !tree_file_sound(f->root, at->key, f->size_bytes))
		return 0;
	(void)snprintf(f->key, KEY_MAX, "%s", at->key);
	return 1;
}

int tree_file_find(const struct root *root, const struct digest *d, char key[KEY_MAX],
                   uint64_t *size_bytes, struct err *err)
{
	struct blob_row blob;
	struct finding f = {root, 0, key};
	int got = blob_get(root->db, d, &blob, err);

	if (got <= 0)
		return got;
	f.size_bytes = blob.size_bytes;
	if (size_bytes)
		*size_bytes = blob.size_bytes;
	return object_places_walk(root->db, d, take_sound, &f, err);
}
