#include "stage/tree/publish_objects.h"

#include "base/array.h"
#include "base/stop.h"
#include "db/state/blob.h"
#include "stage/tree/repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int note_moved(struct publish_objects *p, uint32_t number, const struct digest *digest,
                      struct err *err)
{
	if (array_room(&p->moved, p->moved_count, &p->moved_cap, err) < 0 ||
	    array_room(&p->fresh, p->fresh_count, &p->fresh_cap, err) < 0)
		return -1;
	p->moved[p->moved_count++] = number;
	p->fresh[p->fresh_count++] = *digest;
	return digest_map_put(&p->given, digest, number, err);
}

/* The first key of bytes that the root did not have: the file moves there from tmp. */
static int move_new(struct publish_objects *p, const struct digest *digest, const char *key,
                    struct err *err)
{
	uint32_t number = temp_store_find(&p->import->store, digest);
	const struct temp_blob *blob;
	char text[DIGEST_TEXT_MAX];

	if (!number && blob_get(p->import->root->db, digest, NULL, err) > 0)
		return err_set(
			err, ERR_INTEGRITY,
			"the root is damaged: %s is gone from the tree; stage an image that has "
			"it with --recheck",
			digest_text(digest, text));
	if (!number)
		return err_set(err, ERR_BUG, "%s was not fetched", digest_text(digest, text));
	blob = temp_store_get(&p->import->store, number);
	if (blob_put(p->import->root->db, digest, &blob->stored, err) < 0 ||
	    publication_move(p->publication, blob->name, key, err) < 0)
		return -1;
	p->new_blobs++;
	p->new_bytes += blob->stored.size_bytes;
	return note_moved(p, number, digest, err);
}

/*
 * A key that has the same bytes already, whether as a blob or as a manifest. After the commit there
 * is no way back, so a file that the link needs is looked at now.
 */
static int find_twin(struct publish_objects *p, const struct digest *digest, char key[KEY_MAX],
                     struct err *err)
{
	uint32_t number;
	int got;

	if (!digest_map_get(&p->given, digest, &number))
		return tree_file_find(p->import->root, digest, key, NULL, err);
	got = object_with_digest(p->import->root->db, digest, CLASS_BLOB, key, err);
	return got != 0 ? got
	                : object_with_digest(p->import->root->db, digest, CLASS_MANIFEST, key, err);
}

/* Whether the key is recorded, and has its file or a step that makes it. 1, 0, -1. */
static int is_published(struct publish_objects *p, const char *key, const struct digest *digest,
                        struct err *err)
{
	const struct root *root = p->import->root;
	struct object_row row;
	uint32_t number;
	int got = object_get(root->db, key, &row, err);

	if (got <= 0)
		return got;
	if (!digest_map_get(&p->given, digest, &number))
		return tree_file_mend_sound(root, key, row.size_bytes, p->looked);
	tree_file_mend_modes(root, key, p->looked);
	return 1;
}

int publish_objects_put(struct publish_objects *p, const char *key, enum object_class object_class,
                        const struct digest *digest, const char *media_type, struct err *err)
{
	struct db *db = p->import->root->db;
	struct object_row row;
	struct blob_row blob;
	char twin[KEY_MAX];
	int got = is_published(p, key, digest, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	got = find_twin(p, digest, twin, err);
	if (got < 0 || (got > 0 ? publication_link(p->publication, twin, key, err)
	                        : move_new(p, digest, key, err)) < 0)
		return -1;
	if (blob_get(db, digest, &blob, err) <= 0)
		return err_context(err, "state of %s", key);
	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = object_class;
	row.digest = *digest;
	row.size_bytes = blob.size_bytes;
	memcpy(row.md5, blob.md5, sizeof(row.md5));
	if (media_type)
		(void)snprintf(row.content_type, sizeof(row.content_type), "%s", media_type);
	return object_put(db, &row, err) < 0 ? -1 : 1;
}

int publish_objects_repair(struct publish_objects *p, const struct digest *digest, struct err *err)
{
	struct import *import = p->import;
	struct repair repair = {import->root, p->publication, import->queue.pool,
	                        import->options->recheck == RECHECK_ALL ? REPAIR_ALL
	                                                                : REPAIR_VISIBLE};
	uint32_t number = temp_store_find(&import->store, digest);
	const struct temp_blob *blob;
	int got;

	/* What another image of this publication brings is not there yet. */
	if (!number || digest_map_get(&p->given, digest, &number))
		return 0;
	if (stop_check(err) < 0)
		return -1;
	blob = temp_store_get(&import->store, number);
	got = repair_digest(&repair, digest, blob->name, blob->stored.size_bytes, err);
	return got > 0 ? note_moved(p, number, digest, err) : got;
}

void publish_objects_release(struct publish_objects *p)
{
	free(p->moved);
	free(p->fresh);
	digest_map_release(&p->given);
}
