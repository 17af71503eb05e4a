#include "stage/tree/repair.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/root/tree_file.h"
#include "db/state/object_places.h"
#include "stage/tree/check_file.h"

#include <stdio.h>
#include <string.h>

static int check_damage(const struct repair *repair, struct check_file *files, const char *key,
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
static int replace_file(const struct repair *repair, const char *tmp_name, const char *key,
                        char repaired[KEY_MAX], struct err *err)
{
	if (publication_note_repair(repair->publication, key, err) < 0)
		return -1;
	if (repaired[0])
		return publication_link(repair->publication, repaired, key, err);
	(void)snprintf(repaired, KEY_MAX, "%s", key);
	return publication_move(repair->publication, tmp_name, key, err);
}

struct repairing {
	const struct repair *repair;
	struct check_file files;
	const char *tmp_name;
	uint64_t size_bytes;
	char repaired[KEY_MAX]; /* the key that the file goes to; "": none was bad yet */
};

static int repair_place(void *context, const struct object_place *at, struct err *err)
{
	struct repairing *r = context;

	if (check_damage(r->repair, &r->files, at->key, r->size_bytes, err) == 0)
		return 0;
	if (err_scope(err) == ERR_SCOPE_RUN)
		return -1;
	return replace_file(r->repair, r->tmp_name, at->key, r->repaired, err);
}

int repair_digest(const struct repair *repair, const struct digest *digest, const char *tmp_name,
                  uint64_t size_bytes, struct err *err)
{
	struct repairing r = {repair, CHECK_FILE_INIT, tmp_name, size_bytes, ""};
	int result;

	check_file_begin(&r.files, digest);
	result = object_places_walk(repair->root->db, digest, repair_place, &r, err);
	check_file_release(&r.files);
	return result < 0 ? -1 : r.repaired[0] != '\0';
}
