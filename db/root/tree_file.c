#include "db/root/tree_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/stop.h"
#include "db/state/blob.h"
#include "db/state/object_places.h"

#include <errno.h>
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

/* The digest of what is left of `fd`. */
static int hash_rest(struct hash *h, int fd, const char *key, struct digest *d, struct err *err)
{
	static const size_t chunk_bytes = 1 << 20;
	AUTO_FREE char *chunk = malloc(chunk_bytes);
	ssize_t n;

	if (!chunk)
		return err_memory(err);
	if (hash_start(h, hash_kind_of(d->alg), err) < 0)
		return -1;
	while ((n = file_read(fd, chunk, chunk_bytes, key, err)) > 0)
		if (stop_check(err) < 0 || hash_add(h, chunk, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? -1 : hash_finish(h, d->bytes, err);
}

int tree_file_holds(const struct root *root, const char *key, const struct digest *d,
                    struct err *err)
{
	AUTO_CLOSE int fd = file_open_read(root->dir, key, err);
	struct digest found = {.alg = d->alg};
	struct hash h = HASH_INIT;
	int result;

	if (fd < 0)
		return err->code == ERR_REFUSED || err->sys_errno == ENOENT ? 0 : -1;
	result = hash_rest(&h, fd, key, &found, err);
	hash_release(&h);
	return result < 0 ? -1 : digest_equal(&found, d);
}
