#include "stage/image/no_image.h"

#include "base/cleanup.h"
#include "base/file.h"

#include "stage/archive/decompress.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 512, FOLDERS_MAX = 1000 };

#define NOTHING "no image in it: neither index.json (OCI) nor manifest.json (Docker) is there"

static size_t first_len(const char *name)
{
	return strcspn(name, "/");
}

/* What a file system has at its top, of which `docker export` writes all. */
static bool is_root_file_system(const struct entry_map *map)
{
	static const char *const tops[] = {"bin", "etc", "usr", "lib", "dev", "proc", "var"};
	bool has[sizeof(tops) / sizeof(*tops)] = {false};
	size_t count = 0;

	for (uint32_t i = 0; i < map->count; i++) {
		const char *name = entry_map_name(map, i);

		for (size_t t = 0; t < sizeof(tops) / sizeof(*tops); t++)
			if (!has[t] && first_len(name) == strlen(tops[t]) &&
			    strncmp(name, tops[t], strlen(tops[t])) == 0) {
				has[t] = true;
				count++;
			}
	}
	return count >= 2;
}

/* The folder that everything is in, when that has what the top should have; 0: none. */
static size_t folder_above(const struct entry_map *map)
{
	const char *first = map->count > 0 ? entry_map_name(map, 0) : "";
	size_t len = first_len(first);
	bool found = false;

	for (uint32_t i = 0; i < map->count; i++) {
		const char *name = entry_map_name(map, i);

		if (first_len(name) != len || strncmp(name, first, len) != 0 || !name[len])
			return 0;
		found = found || strcmp(name + len + 1, "manifest.json") == 0 ||
		        strcmp(name + len + 1, "index.json") == 0;
	}
	return found ? len : 0;
}

/* Whether the only file is an archive itself. 1, 0, -1. */
static int holds_archive(struct source *source, struct err *err)
{
	char head[HEAD_BYTES];
	struct source_bytes bytes;
	struct entry entry;
	ssize_t n;

	if (source->map.count != 1 ||
	    source_find(source, entry_map_name(&source->map, 0), &entry, err) != 1 ||
	    (source->kind == SOURCE_STREAM && !entry.spooled))
		return 0;
	if (source->kind == SOURCE_STREAM && spool_has_hashed(source->spool, entry.spooled))
		return 1;
	if (source_bytes(source, &entry, &bytes, err) < 0)
		return -1;
	n = file_read_at(bytes.fd, head, sizeof(head), bytes.offset, entry.name, err);
	source_bytes_close(&bytes);
	return n < 0 ? -1
	             : tar_is_header(head, (size_t)n) || decompress_is_compressed(head, (size_t)n);
}

static int explain_tar(struct source *source, struct err *err)
{
	const struct entry_map *map = &source->map;
	size_t above = folder_above(map);
	int archive;

	if (above > 0)
		return err_set(err, ERR_MALFORMED,
		               NOTHING ", but in its folder '%.*s': archive what is in that "
		                       "folder, or unpack it and name the folder",
		               (int)(above < 200 ? above : 200), entry_map_name(map, 0));
	if (is_root_file_system(map))
		return err_set(err, ERR_MALFORMED,
		               NOTHING "; it holds a root file system, as docker export writes "
		                       "it: use docker save");
	archive = holds_archive(source, err);
	if (archive < 0)
		return -1;
	if (archive)
		return err_set(err, ERR_MALFORMED,
		               NOTHING "; it holds one archive, '%.200s': unpack that and name it",
		               entry_map_name(map, 0));
	return err_set(err, ERR_MALFORMED, NOTHING);
}

static bool has_documents(int dir, const char *folder)
{
	static const char *const names[] = {"index.json", "manifest.json"};
	AUTO_CLOSE int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < sizeof(names) / sizeof(*names); i++)
		if (faccessat(fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return false;
}

/* A folder of layouts. */
static int explain_folder(const struct source *source, struct err *err)
{
	int fd = openat(source->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	(void)err_set(err, ERR_MALFORMED, NOTHING);
	if (!dir && fd >= 0)
		(void)close(fd);
	for (int i = 0; dir && i < FOLDERS_MAX && (entry = readdir(dir)); i++)
		if (entry->d_name[0] != '.' && has_documents(source->fd, entry->d_name)) {
			(void)err_set(err, ERR_MALFORMED,
			              NOTHING ", but in its folder '%.200s': name that",
			              entry->d_name);
			break;
		}
	if (dir)
		(void)closedir(dir);
	return -1;
}

int no_image(struct source *source, struct err *err)
{
	return source->kind == SOURCE_FOLDER ? explain_folder(source, err)
	                                     : explain_tar(source, err);
}
