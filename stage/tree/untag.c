#include "stage/tree/untag.h"

#include "base/layout.h"
#include "db/root/documents.h"
#include "db/root/publication.h"
#include "db/state/object.h"
#include "db/state/tag.h"

/* The list goes first: no reader finds a tag in it that is gone. */
static int take_tag(struct tree_documents *documents, const struct reference *ref, struct err *err)
{
	struct db *db = documents->root->db;
	char key[KEY_MAX];

	(void)layout_tag(key, ref->repo, ref->tag);
	if (tag_remove(db, ref->repo, ref->tag, err) < 0 ||
	    tree_documents_tags_list(documents, ref->repo, err) < 0 ||
	    object_delete(db, key, err) < 0)
		return -1;
	return publication_remove(documents->publication, key, err);
}

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

int untag(struct root *root, const char *reference, struct digest *removed, struct err *err)
{
	struct publication *publication;
	struct tree_documents documents;
	struct reference ref;
	struct tag_row row;
	int result;

	if (find_tag(root, reference, &ref, &row, err) < 0)
		return -1;
	*removed = row.digest;
	publication = publication_begin(root, err);
	if (!publication)
		return -1;
	tree_documents_begin(&documents, root, publication);
	result = take_tag(&documents, &ref, err);
	tree_documents_end(&documents, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	if (result == 0)
		return publication_finish(publication, err);
	publication_abandon(publication);
	return -1;
}
