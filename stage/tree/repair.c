#include "stage/tree/repair.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/root/tree_file.h"
#include "db/state/object_places.h"
#include "stage/tree/check_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 16 };

static int check_file(const struct repair *repair, struct check_file *files, const char *key,
                      uint64_t size_bytes, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (!tree_file_sound(repair->root, key, size_bytes))
		return err_set(err, ERR_INTEGRITY, "%s is not what is recorded", key);
	if (repair->depth == REPAIR_VISIBLE)
		return 0;
	fd = file_open_read(repair->root->dir, key, err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", key);
	return check_file_check(files, fd, &st, key, 0, repair->pool, err);
}

/* The first bad key gets the file, the others become links to it. */
static int replace(const struct repair *repair, const char *tmp_name, const char *key,
                   char repaired[KEY_MAX], struct err *err)
{
	event_warning(repair->sink, "%s was damaged or gone, and is repaired", key);
	if (repaired[0])
		return publication_link(repair->publication, repaired, key, err);
	(void)snprintf(repaired, KEY_MAX, "%s", key);
	return publication_move(repair->publication, tmp_name, key, err);
}

static int check_keys(const struct repair *repair, struct check_file *files,
                      const struct object_place *page, int count, const char *tmp_name,
                      uint64_t size_bytes, char repaired[KEY_MAX], struct err *err)
{
	for (int i = 0; i < count && digest_equal(&page[i].digest, &files->digest); i++) {
		if (check_file(repair, files, page[i].key, size_bytes, err) == 0)
			continue;
		if (err->code == ERR_INTERRUPTED || err->code == ERR_MEMORY)
			return -1;
		if (replace(repair, tmp_name, page[i].key, repaired, err) < 0)
			return -1;
	}
	return 0;
}

int repair_digest(const struct repair *repair, const struct digest *digest, const char *tmp_name,
                  uint64_t size_bytes, struct err *err)
{
	AUTO_FREE struct object_place *page = calloc(PAGE + 1, sizeof(*page));
	struct check_file files = CHECK_FILE_INIT;
	char repaired[KEY_MAX] = "";
	int count, result = 0;

	if (!page)
		return err_memory(err);
	check_file_begin(&files, digest);
	page[0].digest = *digest;
	do {
		count = object_places_page(repair->root->db, page, page + 1, PAGE, err);
		result = count < 0 ? -1
		                   : check_keys(repair, &files, page + 1, count, tmp_name,
		                                size_bytes, repaired, err);
		if (count > 0)
			page[0] = page[count];
	} while (result == 0 && count == PAGE && digest_equal(&page[0].digest, digest));
	check_file_release(&files);
	return result < 0 ? -1 : repaired[0] != '\0';
}
