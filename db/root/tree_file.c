#include "db/root/tree_file.h"

#include "base/cleanup.h"
#include "db/state/blob.h"
#include "db/state/object_places.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PAGE = 16 };

bool tree_file_sound(const struct root *root, const char *key, uint64_t size_bytes)
{
	struct stat st;

	return fstatat(root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size_bytes;
}

static bool holds(const struct root *root, const struct object_place *at, uint64_t size_bytes)
{
	return (at->object_class == CLASS_BLOB || at->object_class == CLASS_MANIFEST) &&
	       tree_file_sound(root, at->key, size_bytes);
}

int tree_file_find(const struct root *root, const struct digest *d, char key[KEY_MAX],
                   struct err *err)
{
	AUTO_FREE struct object_place *page = NULL;
	struct blob_row blob;
	int count = blob_get(root->db, d, &blob, err);

	if (count <= 0)
		return count;
	page = calloc(PAGE + 1, sizeof(*page));
	if (!page)
		return err_memory(err);
	page[0].digest = *d;
	do {
		count = object_places_page(root->db, page, page + 1, PAGE, err);
		for (int i = 1; i <= count && digest_equal(&page[i].digest, d); i++)
			if (holds(root, &page[i], blob.size_bytes)) {
				(void)snprintf(key, KEY_MAX, "%s", page[i].key);
				return 1;
			}
		if (count > 0)
			page[0] = page[count];
	} while (count == PAGE && digest_equal(&page[0].digest, d));
	return count < 0 ? -1 : 0;
}
