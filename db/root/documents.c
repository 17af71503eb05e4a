#include "db/root/documents.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/listing.h"
#include "base/media_type.h"
#include "base/name_list.h"
#include "db/root/tree_file.h"
#include "db/state/blob.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/tag.h"

#include <stdio.h>
#include <string.h>

enum { DOCUMENT_MAX_BYTES = 256 << 20, TEMPS_MAX_BYTES = 64 << 20 };

void tree_documents_begin(struct tree_documents *d, struct root *root,
                          struct publication *publication)
{
	memset(d, 0, sizeof(*d));
	d->root = root;
	d->publication = publication;
	str_init(&d->temps, TEMPS_MAX_BYTES);
	d->rendered = d->steps = d->looked = (struct text_set)TEXT_SET_INIT;
}

void tree_documents_end(struct tree_documents *d, enum tree_documents_end end)
{
	const char *at = str_text(&d->temps), *stop = at + d->temps.len;

	for (; end == TREE_DOCUMENTS_DROPPED && at < stop; at += strlen(at) + 1)
		(void)unlinkat(d->root->tmp, at, 0);
	str_release(&d->temps);
	text_set_release(&d->rendered);
	text_set_release(&d->steps);
	text_set_release(&d->looked);
}

/* Whether the tree holds what the state records, which is `text`. 1, 0, -1. */
static int is_right(struct tree_documents *d, const char *key, const struct str *text,
                    struct err *err)
{
	AUTO_STR struct str file = STR_INIT(DOCUMENT_MAX_BYTES);

	if (text_set_has(&d->steps, key))
		return 1;
	if (!tree_file_mend_sound(d->root, key, text->len, &d->looked))
		return 0;
	if (d->look == TREE_DOCUMENTS_LOOK_SIZE)
		return 1;
	if (file_read_all(d->root->dir, key, &file, err) < 0)
		return err_scope(err) == ERR_SCOPE_RUN ? -1 : 0;
	return file.len == text->len && memcmp(str_text(&file), str_text(text), text->len) == 0;
}

/* A step that puts `text` at row->key: a new file, or a link to the last one if it is the same. */
static int add_step(struct tree_documents *d, const struct object_row *row, const struct str *text,
                    struct err *err)
{
	char name[TMP_NAME_MAX];

	if (text_set_add(&d->steps, row->key, err) < 0)
		return -1;
	if (d->last.alg != DIGEST_NONE && digest_equal(&d->last, &row->digest))
		return publication_link(d->publication, d->last_key, row->key, err);
	if (root_temp_write(d->root, str_text(text), text->len, name, err) < 0)
		return -1;
	(void)str_add(&d->temps, name, strlen(name) + 1);
	if (str_check(&d->temps, "list of temporary files", err) < 0 ||
	    publication_move(d->publication, name, row->key, err) < 0)
		return -1;
	d->last = row->digest;
	memcpy(d->last_key, row->key, sizeof(d->last_key));
	return 0;
}

/* Publishes a rendered document, unless the key has it already. */
static int put(struct tree_documents *d, const char *key, enum object_class object_class,
               const char *content_type, const struct str *text, struct err *err)
{
	struct object_row row, old;
	int got;

	memset(&row, 0, sizeof(row));
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.object_class = object_class;
	row.size_bytes = text->len;
	if (content_type)
		(void)snprintf(row.content_type, sizeof(row.content_type), "%s", content_type);
	if (digest_of_bytes(&row.digest, DIGEST_SHA256, str_text(text), text->len, err) < 0 ||
	    hash_once(HASH_MD5, str_text(text), text->len, row.md5, err) < 0)
		return -1;
	got = object_get(d->root->db, key, &old, err);
	if (got > 0 && digest_equal(&old.digest, &row.digest)) {
		got = is_right(d, key, text, err);
		if (got > 0)
			return 0;
		if (got == 0)
			got = publication_note_repair(d->publication, key, err);
	}
	if (got < 0)
		return -1;
	if (add_step(d, &row, text, err) < 0)
		return -1;
	return object_put(d->root->db, &row, err);
}

int tree_documents_is_there(struct tree_documents *d, const char *key, struct err *err)
{
	struct object_row row;
	int got =
		d->look == TREE_DOCUMENTS_LOOK_BYTES ? 0 : object_get(d->root->db, key, &row, err);

	if (got <= 0)
		return got;
	return tree_file_mend_sound(d->root, key, row.size_bytes, &d->looked);
}

static int take_away(struct tree_documents *d, const char *key, struct err *err)
{
	int got = object_has(d->root->db, key, err);

	if (got <= 0)
		return got;
	if (object_delete(d->root->db, key, err) < 0)
		return -1;
	return publication_remove(d->publication, key, err);
}

/* --- referrers ----------------------------------------------------------------------------- */

struct members {
	struct tree_documents *d;
	struct listing_descriptor *list; /* owned, with the text in it */
	size_t count, cap;
};

static void members_release(struct members *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free((char *)(uintptr_t)m->list[i].media_type);
		free((char *)(uintptr_t)m->list[i].artifact_type);
		free((char *)(uintptr_t)m->list[i].annotations_json);
	}
	free(m->list);
}

static int copy_text(const char **to, const char *text, struct err *err)
{
	if (!text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : err_memory(err);
}

static int add_member(void *context, const struct manifest_row *row, struct err *err)
{
	struct members *m = context;
	struct listing_descriptor *member;
	struct blob_row blob;
	int got = blob_get(m->d->root->db, &row->digest, &blob, err);

	if (got <= 0)
		return got < 0 ? -1
		               : err_set(err, ERR_NO_STATE,
		                         "state file is damaged: a manifest has no blob");
	if (array_room(&m->list, m->count, &m->cap, err) < 0)
		return -1;
	member = &m->list[m->count++];
	memset(member, 0, sizeof(*member));
	member->digest = row->digest;
	member->size_bytes = blob.size_bytes;
	if (copy_text(&member->media_type, row->media_type, err) < 0 ||
	    copy_text(&member->artifact_type, row->artifact_type, err) < 0 ||
	    copy_text(&member->annotations_json, row->annotations, err) < 0)
		return -1;
	return 0;
}

static int put_referrers(struct tree_documents *d, const char *repo, const struct digest *subject,
                         const struct members *m, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_MAX_BYTES);
	char key[KEY_MAX];

	if (listing_referrers(&text, m->list, m->count, err) < 0 ||
	    put(d, layout_referrers(key, repo, subject), CLASS_REFERRERS, NULL, &text, err) < 0)
		return -1;
	if (m->count == 0)
		return take_away(d, layout_fallback_tag(key, repo, subject), err);
	return put(d, layout_fallback_tag(key, repo, subject), CLASS_FALLBACK_TAG, MT_OCI_INDEX,
	           &text, err);
}

int tree_documents_referrers(struct tree_documents *d, const char *repo,
                             const struct digest *subject, enum tree_documents_policy policy,
                             struct err *err)
{
	struct members m = {d, NULL, 0, 0};
	struct db *db = d->root->db;
	char key[KEY_MAX];
	int there = 1, result = 0;

	if (policy == TREE_DOCUMENTS_ONLY_UPDATE)
		there = object_has(db, layout_referrers(key, repo, subject), err);
	if (there > 0)
		there = text_set_add(&d->rendered, layout_referrers(key, repo, subject), err);
	if (there <= 0)
		return there;
	if (manifest_referrers(db, repo, subject, add_member, &m, err) < 0) {
		members_release(&m);
		return -1;
	}
	if (m.count == 0)
		there = object_has(db, layout_manifest(key, repo, subject), err);
	if (there > 0)
		result = put_referrers(d, repo, subject, &m, err);
	else if (there == 0)
		result = take_away(d, layout_fallback_tag(key, repo, subject), err) < 0 ||
		                         take_away(d, layout_referrers(key, repo, subject), err) < 0
		                 ? -1
		                 : 0;
	members_release(&m);
	return there < 0 ? -1 : result;
}

/* --- lists --------------------------------------------------------------------------------- */

static int add_tag(void *context, const struct tag_row *row, struct err *err)
{
	return name_list_add(context, row->name, err);
}

/* Whether the repository still has a manifest: 1, 0, -1. Fallback tags do not count. */
static int has_manifest(struct tree_documents *d, const char *repo, struct err *err)
{
	static const enum digest_alg algs[] = {DIGEST_SHA256, DIGEST_SHA512};
	struct layout_range range;
	struct object_row row;
	int got = 0;

	for (size_t i = 0; got == 0 && i < sizeof(algs) / sizeof(algs[0]); i++) {
		layout_range_of_alg(&range, repo, LAYOUT_MANIFESTS, algs[i]);
		got = object_page(d->root->db, range.after, range.until, &row, 1, err);
	}
	return got;
}

int tree_documents_tags_list(struct tree_documents *d, const char *repo, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_MAX_BYTES);
	struct name_list names = {0};
	char key[KEY_MAX];
	int got = text_set_add(&d->rendered, layout_tags_list(key, repo), err), result = -1;

	if (got > 0)
		got = has_manifest(d, repo, err);
	else if (got == 0)
		return 0;
	if (got <= 0)
		return got < 0 ? -1 : take_away(d, key, err);
	if (tag_each(d->root->db, repo, TAGS_LIVE, add_tag, &names, err) == 0 &&
	    listing_tags(&text, repo, (const char *const *)names.list, names.count, err) == 0)
		result = put(d, key, CLASS_TAGS_LIST, NULL, &text, err);
	name_list_release(&names);
	return result;
}

int tree_documents_catalog(struct tree_documents *d, struct err *err)
{
	AUTO_STR struct str text = STR_INIT(DOCUMENT_MAX_BYTES);
	struct name_list names = {0};
	char key[KEY_MAX];
	int got = text_set_add(&d->rendered, layout_catalog(key), err), result = -1;

	if (got <= 0)
		return got;
	if (repo_each(d->root->db, name_list_add, &names, err) == 0 &&
	    listing_catalog(&text, (const char *const *)names.list, names.count, err) == 0)
		result = put(d, layout_catalog(key), CLASS_CATALOG, NULL, &text, err);
	name_list_release(&names);
	return result;
}
