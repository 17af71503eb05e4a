#include "db/root/partials.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *partial_name(const struct digest *digest, char name[PARTIAL_NAME_MAX])
{
	char hex[DIGEST_TEXT_MAX];

	(void)snprintf(name, PARTIAL_NAME_MAX, PARTIAL_PREFIX "%s-%s", digest_alg_name(digest->alg),
	               digest_hex(digest, hex));
	return name;
}

bool partial_name_is(const char *name)
{
	return strncmp(name, PARTIAL_PREFIX, strlen(PARTIAL_PREFIX)) == 0;
}

bool partial_is_kept(int tmp_dir, const char *name)
{
	struct stat st;

	return partial_name_is(name) && fstatat(tmp_dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && now_ms() - (int64_t)st.st_mtime * 1000 < PARTIAL_KEEP_MS;
}

static int each_partial(int private_dir, bool remove, struct partials *found, struct err *err)
{
	AUTO_DIR DIR *dir = NULL;
	AUTO_CLOSE int fd =
		openat(private_dir, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *entry;
	struct stat st;

	*found = (struct partials){0, 0};
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open " LAYOUT_PRIVATE "/tmp");
	dir = fdopendir(fd);
	if (!dir)
		return err_sys(err, "open " LAYOUT_PRIVATE "/tmp");
	(void)steal_fd(&fd);
	while ((entry = readdir(dir))) {
		if (!partial_name_is(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    S_ISDIR(st.st_mode))
			continue;
		if (remove && file_remove(dirfd(dir), entry->d_name, err) < 0)
			return err_context(err, LAYOUT_PRIVATE "/tmp");
		found->count++;
		found->bytes += (uint64_t)st.st_size;
	}
	return 0;
}

int partials_count(int private_dir, struct partials *found, struct err *err)
{
	return each_partial(private_dir, false, found, err);
}

int partials_remove(int private_dir, struct partials *gone, struct err *err)
{
	return each_partial(private_dir, true, gone, err);
}
