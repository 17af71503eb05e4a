#include "stage/tree/untag.h"

#include "base/cleanup.h"
#include "base/layout.h"
#include "db/root/documents.h"
#include "db/root/publication.h"
#include "db/state/object.h"
#include "db/state/tag.h"

#include <stdlib.h>

static int get_tag(struct root *root, const struct reference *ref, struct tag_row *row,
                   struct err *err)
{
	int got = ref->tag[0] ? tag_get(root->db, ref->repo, ref->tag, row, err) : 0;

	return got > 0 && row->removed_at ? 0 : got;
}

/* As it was typed; else in the familiar form that stage gives to every name. */
static int find_tag(struct root *root, const char *text, struct reference *ref, struct tag_row *row,
                    struct err *err)
{
	struct err ignored = ERR_INIT;
	enum name_note note;
	int got = 0;

	if (reference_parse_plain(ref, text, &ignored) == 0)
		got = get_tag(root, ref, row, err);
	if (got == 0) {
		if (reference_parse(ref, text, NAME_KEEP_HOSTS, &note, err) < 0)
			return -1;
		if (!ref->tag[0])
			return err_set(err, ERR_USAGE, "'%.300s' has no tag: NAME:TAG is wanted",
			               text);
		got = get_tag(root, ref, row, err);
	}
	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no tag %s:%s", ref->repo, ref->tag);
	return 0;
}

/* The row of the tag; one that is named twice is not there the second time. */
static int take_row(struct root *root, struct untag_item *item, struct reference *ref,
                    struct err *err)
{
	struct tag_row row;
	char key[KEY_MAX];

	if (find_tag(root, item->reference, ref, &row, &item->why) < 0) {
		if (err_scope(&item->why) != ERR_SCOPE_RUN)
			return 0;
		*err = item->why;
		return -1;
	}
	item->removed = true;
	item->digest = row.digest;
	if (tag_remove(root->db, ref->repo, ref->tag, err) < 0)
		return -1;
	return object_delete(root->db, layout_tag(key, ref->repo, ref->tag), err);
}

/* The lists go first: no reader finds a tag in one that is gone. */
static int take_tags(struct tree_documents *documents, struct untag_item *items,
                     struct reference *refs, size_t count, struct err *err)
{
	char key[KEY_MAX];

	for (size_t i = 0; i < count; i++)
		if (take_row(documents->root, &items[i], &refs[i], err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (items[i].removed && tree_documents_tags_list(documents, refs[i].repo, err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (items[i].removed &&
		    publication_remove(documents->publication,
		                       layout_tag(key, refs[i].repo, refs[i].tag), err) < 0)
			return -1;
	return 0;
}

int untag(struct root *root, struct untag_item *items, size_t count, struct err *err)
{
	AUTO_FREE struct reference *refs = calloc(count + 1, sizeof(*refs));
	struct publication *publication;
	struct tree_documents documents;
	int result;

	if (!refs)
		return err_memory(err);
	publication = publication_begin(root, err);
	if (!publication)
		return -1;
	tree_documents_begin(&documents, root, publication);
	result = take_tags(&documents, items, refs, count, err);
	tree_documents_end(&documents, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	if (result == 0)
		return publication_finish(publication, err);
	publication_abandon(publication);
	return -1;
}
