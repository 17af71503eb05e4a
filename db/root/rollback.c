#include "db/root/rollback.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/str.h"
#include "db/root/documents.h"
#include "db/state/blob.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DOCUMENT_MAX_BYTES = 256 << 20 };

struct rollback {
	struct root *root;
	struct publication *publication;
	int64_t started_at; /* of the publication that is undone */
	bool tagged;        /* some of its tags are in the tree */
	struct step {
		char *key; /* owned */
		bool done, removes;
	} * steps; /* owned, in order */
	size_t count, cap;
};

static void rollback_release(struct rollback *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->steps[i].key);
	free(r->steps);
}

/* --- what was to be done ------------------------------------------------------------------- */

static int load_start(struct rollback *r, int64_t id, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, r->root->db, err,
	                     "SELECT started_at FROM publication WHERE id = ?1", BIND_INT(id)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		r->started_at = query_int(&q, 0);
	return got < 0 ? -1 : 0;
}

static int add_step(struct rollback *r, const struct step *step, struct err *err)
{
	if (array_room(&r->steps, r->count, &r->cap, err) < 0)
		return -1;
	r->steps[r->count] = *step;
	r->steps[r->count].key = strdup(step->key);
	if (!r->steps[r->count].key)
		return err_memory(err);
	r->count++;
	return 0;
}

static int load_steps(struct rollback *r, int64_t id, int64_t failed, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct key_parts parts;
	int got;

	if (query_start_with(&q, r->root->db, err,
	                     "SELECT position, source IS NULL, key FROM publication_step "
	                     "WHERE publication = ?1 ORDER BY position",
	                     BIND_INT(id)) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0) {
		char key[KEY_MAX];
		struct step step = {key, query_int(&q, 0) < failed, query_int(&q, 1) != 0};

		(void)snprintf(key, sizeof(key), "%s", query_text(&q, 2));
		if (!layout_parse(&parts, key))
			return err_set(err, ERR_NO_STATE,
			               "state file is damaged: publication step for '%.200s'", key);
		r->tagged |= step.done && !step.removes && parts.object_class == CLASS_TAG;
		if (add_step(r, &step, err) < 0)
			return -1;
	}
	return got;
}

/* --- blobs and manifests ------------------------------------------------------------------- */

/* Facts and bytes of a digest that no key holds any more; edges to it become absent again (J9). */
static int forget_digest(struct db *db, const struct digest *digest, struct err *err)
{
	char key[KEY_MAX];
	int manifests = object_with_digest(db, digest, CLASS_MANIFEST, key, err);
	int blobs = object_with_digest(db, digest, CLASS_BLOB, key, err);

	if (manifests < 0 || blobs < 0 || (manifests == 0 && manifest_delete(db, digest, err) < 0))
		return -1;
	if (manifests > 0 || blobs > 0)
		return 0;
	if (edges_set_present(db, digest, 0, err) < 0)
		return -1;
	return blob_delete(db, digest, err);
}

/* A row that is older than the publication is of a repair, and was right before it (J6). */
static int settle_bytes(struct rollback *r, const struct step *step, struct err *err)
{
	struct object_row row;
	int got;

	if (r->tagged && step->done)
		return 0;
	got = object_get(r->root->db, step->key, &row, err);
	if (got <= 0 || row.changed_at < r->started_at)
		return got < 0 ? -1 : 0;
	if (object_delete(r->root->db, step->key, err) < 0)
		return -1;
	return forget_digest(r->root->db, &row.digest, err);
}

/* --- tags and documents: what the tree shows ----------------------------------------------- */

/* Reads the file at row->key into the row. 1, 0 when there is none that can be read, -1. */
static int read_tree(const struct rollback *r, struct object_row *row, enum digest_alg alg,
                     struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_MAX_BYTES);

	if (file_read_all(r->root->dir, row->key, &text, err) < 0)
		/* A disk that fails is no proof that the file is bad. */
		return err_scope(err) == ERR_SCOPE_RUN || err->code == ERR_STORAGE ? -1 : 0;
	row->size_bytes = text.len;
	if (digest_of_bytes(&row->digest, alg, str_text(&text), text.len, err) < 0 ||
	    hash_once(HASH_MD5, str_text(&text), text.len, row->md5, err) < 0)
		return -1;
	return 1;
}

/* The manifest of the repository that the tag's file is a copy of: 1, 0, -1. */
static int find_manifest(const struct rollback *r, const struct key_parts *parts,
                         const char *tag_key, struct object_row *row, struct err *err)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};
	char key[KEY_MAX];
	int got = 0;

	for (size_t i = 0; got == 0 && i < sizeof(algs) / sizeof(algs[0]); i++) {
		(void)snprintf(row->key, sizeof(row->key), "%s", tag_key);
		got = read_tree(r, row, algs[i], err);
		if (got <= 0)
			return got;
		got = object_get(r->root->db, layout_manifest(key, parts->repo, &row->digest), row,
		                 err);
	}
	return got;
}

static int settle_tag(struct rollback *r, const struct step *step, const struct key_parts *parts,
                      struct err *err)
{
	struct db *db = r->root->db;
	struct object_row row;
	int got = find_manifest(r, parts, step->key, &row, err);

	if (got < 0)
		return -1;
	if (got == 0) {
		/* No tombstone: it was never to be removed from anywhere. */
		if (object_delete(db, step->key, err) < 0 ||
		    tag_remove(db, parts->repo, parts->tag, err) < 0)
			return -1;
		return tag_forget(db, parts->repo, parts->tag, err);
	}
	row.object_class = CLASS_TAG;
	(void)snprintf(row.key, sizeof(row.key), "%s", step->key);
	if (object_put(db, &row, err) < 0)
		return -1;
	return tag_put(db, parts->repo, parts->tag, &row.digest, err);
}

static int settle_document(struct rollback *r, const struct step *step, struct err *err)
{
	struct object_row row;
	int got = object_get(r->root->db, step->key, &row, err);

	if (got <= 0)
		return got;
	got = read_tree(r, &row, DIGEST_SHA256, err);
	if (got < 0)
		return -1;
	return got > 0 ? object_put(r->root->db, &row, err)
	               : object_delete(r->root->db, step->key, err);
}

static int settle(struct rollback *r, const struct step *step, struct err *err)
{
	struct key_parts parts;

	if (step->removes || !layout_parse(&parts, step->key))
		return 0;
	switch (parts.object_class) {
	case CLASS_BLOB:
	case CLASS_MANIFEST:
		return settle_bytes(r, step, err);
	case CLASS_TAG:
		return settle_tag(r, step, &parts, err);
	case CLASS_REFERRERS:
	case CLASS_FALLBACK_TAG:
	case CLASS_TAGS_LIST:
	case CLASS_CATALOG:
		return settle_document(r, step, err);
	case CLASS_NONE:
	case CLASS_PING:
		break;
	}
	return 0;
}

/* --- the steps of undoing ------------------------------------------------------------------ */

static int render(struct rollback *r, struct tree_documents *derived, struct err *err)
{
	struct key_parts parts;

	for (size_t i = 0; i < r->count; i++)
		if (layout_parse(&parts, r->steps[i].key) &&
		    parts.object_class == CLASS_REFERRERS &&
		    tree_documents_referrers(derived, parts.repo, &parts.digest,
		                             TREE_DOCUMENTS_ONLY_UPDATE, err) < 0)
			return -1;
	for (size_t i = 0; i < r->count; i++)
		if (layout_parse(&parts, r->steps[i].key) &&
		    parts.object_class == CLASS_TAGS_LIST &&
		    tree_documents_tags_list(derived, parts.repo, err) < 0)
			return -1;
	return tree_documents_catalog(derived, err);
}

/* Nothing can take a folder away, and nothing has to where the folder above is none. */
static bool is_removable(const struct root *root, const char *key)
{
	struct stat st;

	if (fstatat(root->dir, key, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOTDIR;
	return !S_ISDIR(st.st_mode);
}

/* Backwards, so that a parent goes before what it refers to. */
static int remove_rest(struct rollback *r, struct err *err)
{
	for (size_t i = r->count; i-- > 0;) {
		const char *key = r->steps[i].key;
		int got = object_has(r->root->db, key, err);

		if (got < 0)
			return -1;
		if (got > 0 || !is_removable(r->root, key))
			continue;
		if (publication_remove(r->publication, key, err) < 0)
			return -1;
	}
	return 0;
}

static int undo(struct rollback *r, struct err *err)
{
	struct tree_documents derived;
	int result = 0;

	tree_documents_begin(&derived, r->root, r->publication);
	for (size_t i = 0; result == 0 && i < r->count; i++)
		result = settle(r, &r->steps[i], err);
	if (result == 0)
		result = render(r, &derived, err);
	if (result == 0)
		result = remove_rest(r, err);
	tree_documents_end(&derived, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	return result;
}

int rollback_publication(struct root *root, int64_t id, int64_t failed, struct err *err)
{
	struct rollback r = {.root = root};
	int result = -1;

	if (load_start(&r, id, err) == 0 && load_steps(&r, id, failed, err) == 0)
		r.publication = publication_begin_instead(root, id, err);
	if (r.publication)
		result = undo(&r, err);
	if (result == 0)
		result = publication_finish(r.publication, err);
	else
		publication_abandon(r.publication);
	rollback_release(&r);
	return result;
}
