#include "stage/tree/publish.h"

#include "base/array.h"
#include "base/digest_map.h"
#include "base/name_list.h"
#include "base/stop.h"
#include "db/root/documents.h"
#include "db/root/tree_file.h"
#include "db/state/blob.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/tag.h"
#include "stage/blob/layer_blob.h"
#include "stage/image/graph_walk.h"
#include "stage/tree/repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A manifest that was put into a repository, whose referrers are due. */
struct due {
	struct digest digest, subject;
	const char *repo; /* borrowed of publishing.repos */
};

struct publishing {
	struct import *import;           /* borrowed */
	const struct graph *graph;       /* borrowed */
	struct publish_result *result;   /* borrowed */
	struct publication *publication; /* owned until it is finished or abandoned */
	struct tree_documents documents;
	const char *repo; /* the one that is being filled */
	uint32_t *moved;  /* owned: numbers of the temp blobs that have steps */
	size_t moved_count, moved_cap;
	struct due *due; /* owned */
	size_t due_count, due_cap;
	struct digest *fresh; /* owned: objects that the root did not have */
	size_t fresh_count, fresh_cap;
	struct digest_map given; /* of `moved`: their keys all have files, or steps before */
	struct name_list repos;  /* that were touched, once for each time */
};

/* --- one object ---------------------------------------------------------------------------- */

static int note_moved(struct publishing *p, uint32_t number, const struct digest *digest,
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
static int move_new(struct publishing *p, const struct digest *digest, const char *key,
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
	p->result->new_blobs++;
	p->result->new_bytes += blob->stored.size_bytes;
	return note_moved(p, number, digest, err);
}

/*
 * A key that has the same bytes already, whether as a blob or as a manifest. After the commit there
 * is no way back, so a file that the link needs is looked at now.
 */
static int find_twin(struct publishing *p, const struct digest *digest, char key[KEY_MAX],
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
static int is_published(struct publishing *p, const char *key, const struct digest *digest,
                        struct err *err)
{
	struct object_row row;
	uint32_t number;
	int got = object_get(p->import->root->db, key, &row, err);

	if (got <= 0 || digest_map_get(&p->given, digest, &number))
		return got;
	return tree_file_sound(p->import->root, key, row.size_bytes);
}

/* 1 when something was published, 0 when it was there. */
static int put_object(struct publishing *p, const char *key, enum object_class object_class,
                      const struct digest *digest, const char *media_type, struct err *err)
{
	struct db *db = p->import->root->db;
	struct object_row row;
	struct blob_row blob;
	char twin[KEY_MAX];
	int got = is_published(p, key, digest, err);

	if (got > 0)
		tree_file_mend_modes(p->import->root, key);
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

/* --- what has rotted ----------------------------------------------------------------------- */

/*
 * The source's bytes were read and verified: they can stand in for what the root holds. Without
 * --recheck they were only read where the root seemed to have none.
 */
static int repair_object(void *context, const struct digest *digest, uint64_t size_bytes,
                         const struct node *node, struct err *err)
{
	struct publishing *p = context;
	struct import *import = p->import;
	struct repair repair = {import->root, p->publication, import->queue.pool, import->sink,
	                        import->options->recheck == RECHECK_ALL ? REPAIR_ALL
	                                                                : REPAIR_VISIBLE};
	uint32_t number = temp_store_find(&import->store, digest);
	const struct temp_blob *blob;
	int got;

	(void)size_bytes;
	(void)node;
	if (!number || stop_check(err) < 0)
		return number ? -1 : 0;
	blob = temp_store_get(&import->store, number);
	got = repair_digest(&repair, digest, blob->name, blob->stored.size_bytes, err);
	return got > 0 ? note_moved(p, number, digest, err) : got;
}

/* --- one image in one repository ----------------------------------------------------------- */

static int put_blob(void *context, const struct digest *digest, uint64_t size_bytes,
                    const struct node *node, struct err *err)
{
	struct publishing *p = context;
	char key[KEY_MAX];

	(void)size_bytes;
	if (node)
		return 0;
	if (stop_check(err) < 0)
		return -1;
	return put_object(p, layout_blob(key, p->repo, digest), CLASS_BLOB, digest, NULL, err) < 0
	               ? -1
	               : 0;
}

/* Records what the document says; only the first time, because the document never changes. */
static int put_facts(struct publishing *p, const struct node *node, struct err *err)
{
	int got = manifest_has(p->import->root->db, &node->digest, err);

	return got != 0 ? (got < 0 ? -1 : 0) : node_record(node, p->import->root->db, err);
}

static int note_due(struct publishing *p, const struct node *node, struct err *err)
{
	if (array_room(&p->due, p->due_count, &p->due_cap, err) < 0)
		return -1;
	p->due[p->due_count++] = (struct due){node->digest, node->subject, p->repo};
	return 0;
}

static int put_manifest(void *context, const struct digest *digest, uint64_t size_bytes,
                        const struct node *node, struct err *err)
{
	struct publishing *p = context;
	char key[KEY_MAX];
	int got;

	(void)size_bytes;
	if (!node)
		return 0;
	got = put_object(p, layout_manifest(key, p->repo, digest), CLASS_MANIFEST, digest,
	                 node->media_type, err);
	if (got < 0 || (got > 0 && put_facts(p, node, err) < 0))
		return -1;
	if (got == 0 && p->documents.look == TREE_DOCUMENTS_LOOK_SIZE)
		got = object_has(p->import->root->db, layout_referrers(key, p->repo, digest), err);
	else
		got = 0;
	if (got < 0)
		return -1;
	if (got == 0)
		return note_due(p, node, err);
	tree_file_mend_modes(p->import->root, key);
	tree_file_mend_modes(p->import->root, layout_fallback_tag(key, p->repo, digest));
	return 0;
}

static int put_image(struct publishing *p, uint32_t number, const char *repo, struct err *err)
{
	if (name_list_add(&p->repos, repo, err) < 0)
		return -1;
	p->repo = p->repos.list[p->repos.count - 1];
	if (graph_each(p->graph, number, put_blob, p, err) < 0)
		return -1;
	return graph_each(p->graph, number, put_manifest, p, err);
}

/* --- parents that have waited for what is new ---------------------------------------------- */

struct waiting {
	struct publishing *p;
	const struct digest *child;
	struct digest *parents; /* owned */
	size_t count, cap;
};

static int add_parent(void *context, const struct edge_row *edge, struct err *err)
{
	struct waiting *w = context;

	if (edge->role == EDGE_SUBJECT)
		return 0;
	if (array_room(&w->parents, w->count, &w->cap, err) < 0)
		return -1;
	w->parents[w->count++] = edge->child;
	return 0;
}

static int complete_in_repo(void *context, const char *repo, struct err *err)
{
	struct waiting *w = context;
	uint32_t number = graph_find(w->p->graph, w->child);

	if (number)
		return put_image(w->p, number, repo, err);
	w->p->repo = repo;
	return put_blob(w->p, w->child, 0, NULL, err);
}

static int complete_parents(struct publishing *p, const struct digest *child, struct err *err)
{
	struct waiting w = {.p = p, .child = child};
	struct db *db = p->import->root->db;
	int result = edges_parents(db, child, 0, add_parent, &w, err);

	for (size_t i = 0; result == 0 && i < w.count; i++)
		result = object_places_each(db, &w.parents[i], CLASS_MANIFEST, complete_in_repo, &w,
		                            err);
	if (result == 0 && w.count > 0)
		result = edges_set_present(db, child, 1, err);
	free(w.parents);
	return result;
}

/* What one repository's completion adds is new nowhere else, so the list does not grow here. */
static int complete_waiting(struct publishing *p, struct err *err)
{
	for (size_t i = 0; i < p->fresh_count; i++) {
		struct digest child = p->fresh[i];

		if (complete_parents(p, &child, err) < 0)
			return -1;
	}
	return 0;
}

/* --- documents and tags ------------------------------------------------------------------- */

static int put_referrers(struct publishing *p, struct err *err)
{
	enum tree_documents_policy policy = p->import->options->referrers == REFERRERS_OMIT
	                                            ? TREE_DOCUMENTS_ONLY_UPDATE
	                                            : TREE_DOCUMENTS_CREATE;

	for (size_t i = 0; i < p->due_count; i++) {
		const struct due *due = &p->due[i];

		if (tree_documents_referrers(&p->documents, due->repo, &due->digest, policy, err) <
		            0 ||
		    (due->subject.alg != DIGEST_NONE &&
		     tree_documents_referrers(&p->documents, due->repo, &due->subject, policy,
		                              err) < 0))
			return -1;
	}
	return 0;
}

static int put_tag(struct publishing *p, const struct node *node, const struct image_name *name,
                   struct err *err)
{
	struct db *db = p->import->root->db;
	struct object_row row, old;
	char key[KEY_MAX];
	int got;

	if (layout_is_fallback_tag_name(name->tag))
		return err_set(err, ERR_REFUSED,
		               "tag '%s' has the form that is kept for lists of referrers",
		               name->tag);
	if (tag_put(db, name->repo, name->tag, &node->digest, err) < 0)
		return err_context(err, "tag %s:%s", name->repo, name->tag);
	got = object_get(db, layout_manifest(key, name->repo, &node->digest), &row, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_BUG, "%s was not published", key);
	row.object_class = CLASS_TAG;
	row.changed_at = 0;
	(void)layout_tag(row.key, name->repo, name->tag);
	tree_file_mend_modes(p->import->root, row.key);
	got = object_get(db, row.key, &old, err);
	if (got < 0 || (got > 0 && digest_equal(&old.digest, &row.digest) &&
	                tree_file_sound(p->import->root, row.key, row.size_bytes)))
		return got < 0 ? -1 : 0;
	if (publication_link(p->publication, key, row.key, err) < 0)
		return -1;
	return object_put(db, &row, err);
}

static int put_tags(struct publishing *p, const struct node *node, const struct name_set *names,
                    struct err *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->names[i].tag[0] && put_tag(p, node, &names->names[i], err) < 0)
			return -1;
	for (size_t i = 0; i < p->repos.count; i++)
		if (tree_documents_tags_list(&p->documents, p->repos.list[i], err) < 0)
			return -1;
	return tree_documents_catalog(&p->documents, err);
}

static int add_size(void *context, const struct digest *digest, uint64_t size_bytes,
                    const struct node *node, struct err *err)
{
	struct publishing *p = context;

	(void)digest;
	(void)node;
	(void)err;
	p->result->bytes += size_bytes;
	return 0;
}

/* A layer that was compressed here, or kept, need not be looked at again next time. */
static int remember_layer(void *context, const struct digest *digest, uint64_t size_bytes,
                          const struct node *node, struct err *err)
{
	struct publishing *p = context;
	uint32_t number = node ? 0 : temp_store_find(&p->import->store, digest);
	const struct temp_blob *blob = number ? temp_store_get(&p->import->store, number) : NULL;

	(void)size_bytes;
	if (!blob || blob->plain.alg == DIGEST_NONE)
		return 0;
	return layer_blob_put(p->import->root, &blob->plain, blob->recipe, digest, err);
}

static int fill_publication(struct publishing *p, uint32_t number, const struct name_set *names,
                            struct err *err)
{
	const struct node *node = graph_node(p->graph, number);

	if (graph_each(p->graph, number, repair_object, p, err) < 0)
		return -1;
	for (size_t i = 0; i < names->count; i++) {
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(names->names[k].repo, names->names[i].repo) == 0;
		if (!seen && put_image(p, number, names->names[i].repo, err) < 0)
			return -1;
	}
	if (complete_waiting(p, err) < 0 || put_referrers(p, err) < 0 ||
	    put_tags(p, node, names, err) < 0 ||
	    graph_each(p->graph, number, remember_layer, p, err) < 0)
		return -1;
	return graph_each(p->graph, number, add_size, p, err);
}

static void publishing_release(struct publishing *p)
{
	free(p->due);
	free(p->moved);
	free(p->fresh);
	digest_map_release(&p->given);
	name_list_release(&p->repos);
}

int publish_image(struct import *import, const struct graph *graph, uint32_t number,
                  const struct name_set *names, struct publish_result *result, struct err *err)
{
	struct publishing p = {.import = import, .graph = graph, .result = result};
	enum tree_documents_end end = TREE_DOCUMENTS_DROPPED;
	int status;

	memset(result, 0, sizeof(*result));
	p.publication = publication_begin(import->root, err);
	if (!p.publication)
		return -1;
	tree_documents_begin(&p.documents, import->root, p.publication);
	if (import->options->recheck == RECHECK_ALL)
		p.documents.look = TREE_DOCUMENTS_LOOK_BYTES;
	status = fill_publication(&p, number, names, err);
	if (status < 0) {
		publication_abandon(p.publication);
	} else {
		/* From the commit on the files belong to the intent, also if a step fails. */
		for (size_t i = 0; i < p.moved_count; i++)
			temp_store_published(&import->store, p.moved[i]);
		end = TREE_DOCUMENTS_KEPT;
		status = publication_finish(p.publication, err);
	}
	tree_documents_end(&p.documents, end);
	publishing_release(&p);
	return status;
}
