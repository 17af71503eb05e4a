#include "db/root/tree_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/stop.h"
#include "db/state/object_places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool look(const struct root *root, const char *key, uint64_t size_bytes, struct stat *st)
{
	if (fstatat(root->dir, key, st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st->st_mode) ||
	    (uint64_t)st->st_size != size_bytes)
		return false;
	/* The mode of a file of one's own can be mended. */
	return st->st_uid == geteuid() || faccessat(root->dir, key, R_OK, AT_EACCESS) == 0;
}

bool tree_file_sound(const struct root *root, const char *key, uint64_t size_bytes)
{
	struct stat st;

	return look(root, key, size_bytes, &st);
}

struct finding {
	const struct root *root;
	char *key;
	uint64_t *size_bytes;
};

static int take_sound(void *context, const struct object_place *at, struct err *err)
{
	struct finding *f = context;

	(void)err;
	if ((at->object_class != CLASS_BLOB && at->object_class != CLASS_MANIFEST) ||
	    !tree_file_sound(f->root, at->key, at->size_bytes))
		return 0;
	(void)snprintf(f->key, KEY_MAX, "%s", at->key);
	if (f->size_bytes)
		*f->size_bytes = at->size_bytes;
	return 1;
}

int tree_file_find(const struct root *root, const struct digest *d, char key[KEY_MAX],
                   uint64_t *size_bytes, struct err *err)
{
	struct finding f = {root, key, size_bytes};

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

/* Also of a file that its owner may not open; never of what a symbolic link leads to. */
static int change_mode(const struct root *root, const char *path, mode_t mode)
{
	AUTO_CLOSE int fd = -1;

	if (fchmodat(root->dir, path, mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOTSUP && errno != ENOSYS)
		return -1;
	fd = openat(root->dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -1 : fchmod(fd, mode);
}

static bool is_public(const struct stat *st)
{
	mode_t all = S_ISDIR(st->st_mode) ? DIR_MODE_PUBLIC & ~0222U : FILE_MODE_PUBLIC & ~0222U;

	return (st->st_mode & all) == all;
}

/* The file, or a folder above it. */
static int path_modes(const struct root *root, const char *path, enum tree_file_modes what,
                      struct err *err)
{
	struct stat st;

	if (fstatat(root->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "stat %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	if (is_public(&st))
		return 0;
	if (what == TREE_FILE_LOOK)
		return 1;
	if (change_mode(root, path, S_ISDIR(st.st_mode) ? DIR_MODE_PUBLIC : FILE_MODE_PUBLIC) < 0)
		return err_sys(err, "change the mode of %s", path);
	return 1;
}

/* `looked`: of folders, see tree_file_mend_modes; or NULL. */
static int all_modes(const struct root *root, const char *key, enum tree_file_modes what,
                     struct text_set *looked, struct err *err)
{
	char path[KEY_MAX], *slash;
	int result = 0, fresh;

	(void)snprintf(path, sizeof(path), "%s", key);
	do {
		int got = path_modes(root, path, what, err);

		if (got < 0)
			return -1;
		result |= got;
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
		fresh = slash && looked ? text_set_add(looked, path, err) : 1;
	} while (slash && fresh > 0);
	return fresh < 0 ? -1 : result;
}

int tree_file_modes(const struct root *root, const char *key, enum tree_file_modes what,
                    struct err *err)
{
	return all_modes(root, key, what, NULL, err);
}

void tree_file_mend_modes(const struct root *root, const char *key, struct text_set *looked)
{
	struct err err = ERR_INIT;
	int got = all_modes(root, key, TREE_FILE_MEND, looked, &err);

	if (got < 0)
		event_warning(root->sink, "not everyone may read %s: %s", key, err.message);
	else if (got > 0)
		event_warning(root->sink,
		              "not everyone could read %s: its mode, or that of its folder, is "
		              "mended",
		              key);
}

bool tree_file_mend_sound(const struct root *root, const char *key, uint64_t size_bytes,
                          struct text_set *looked)
{
	char folder[KEY_MAX];
	struct stat st;

	if (!look(root, key, size_bytes, &st))
		return false;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(key, '/') - key), key);
	if (!is_public(&st) || !text_set_has(looked, folder))
		tree_file_mend_modes(root, key, looked);
	return true;
}
