#include "stage/tree/publish.h"

#include "base/array.h"
#include "base/stop.h"
#include "base/text_set.h"
#include "db/root/documents.h"
#include "db/root/tree_file.h"
#include "db/state/blob.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/tag.h"
#include "stage/blob/layer_blob.h"
#include "stage/image/graph_walk.h"
#include "stage/tree/case_twins.h"
#include "stage/tree/publish_lists.h"
#include "stage/tree/publish_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct publishing {
	struct import *import;           /* borrowed */
	const struct graph *graph;       /* borrowed */
	struct publication *publication; /* owned until it is finished or abandoned */
	struct publish_objects objects;
	struct tree_documents documents;
	const char *repo;    /* the one that is being filled */
	struct text_set had; /* "part number repository": which images had their turn where */
	struct publish_lists lists;
	struct case_twins twins;
};

/* --- one image in one repository ----------------------------------------------------------- */

static int repair_object(void *context, const struct digest *digest, uint64_t size_bytes,
                         const struct node *node, struct err *err)
{
	struct publishing *p = context;

	(void)size_bytes;
	(void)node;
	return publish_objects_repair(&p->objects, digest, err);
}

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
	return publish_objects_put(&p->objects, layout_blob(key, p->repo, digest), CLASS_BLOB,
	                           digest, NULL, err) < 0
	               ? -1
	               : 0;
}

/* Records what the document says; only the first time, because the document never changes. */
static int put_facts(struct publishing *p, const struct node *node, struct err *err)
{
	int got = manifest_has(p->import->root->db, &node->digest, err);

	return got != 0 ? (got < 0 ? -1 : 0) : node_record(node, p->import->root->db, err);
}

/* Whether the key is recorded, and its file is not as it was left. 1, 0, -1. */
static int is_lost(struct publishing *p, const char *key, struct err *err)
{
	int got = object_has(p->import->root->db, key, err);

	if (got <= 0)
		return got;
	got = tree_documents_is_there(&p->documents, key, err);
	return got < 0 ? -1 : !got;
}

/* Whether the lists that follow from a manifest that is no new one need not be rendered. 1, 0, -1.
 */
static int has_referrers(struct publishing *p, const struct node *node, struct err *err)
{
	const struct digest *subjects[] = {&node->digest, &node->subject};
	char key[KEY_MAX];
	int got =
		object_has(p->import->root->db, layout_referrers(key, p->repo, &node->digest), err);

	for (size_t i = 0; got > 0 && i < 2 && subjects[i]->alg != DIGEST_NONE; i++) {
		int lost = is_lost(p, layout_referrers(key, p->repo, subjects[i]), err);

		if (lost == 0)
			lost = is_lost(p, layout_fallback_tag(key, p->repo, subjects[i]), err);
		got = lost < 0 ? -1 : !lost;
	}
	return got;
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
	got = publish_objects_put(&p->objects, layout_manifest(key, p->repo, digest),
	                          CLASS_MANIFEST, digest, node->media_type, err);
	if (got < 0 || (got > 0 && put_facts(p, node, err) < 0))
		return -1;
	got = got > 0 ? 0 : has_referrers(p, node, err);
	if (got < 0)
		return -1;
	return got > 0 ? 0 : publish_lists_add_referrers(&p->lists, p->repo, node, err);
}

static int put_part(struct publishing *p, uint32_t number, const char *repo, graph_fn part,
                    struct err *err)
{
	p->repo = repo;
	if (text_set_add(&p->lists.repos, repo, err) < 0)
		return -1;
	return graph_each(p->graph, number, part, p, err);
}

/* Blobs, or manifests, in each of the repositories that name the image, once. */
static int put_item(struct publishing *p, const struct publish_item *item, graph_fn part,
                    struct err *err)
{
	char text[REPO_MAX + 32];

	for (size_t i = 0; i < item->names->count; i++) {
		const char *repo = item->names->names[i].repo;
		int got;

		(void)snprintf(text, sizeof(text), "%d %u %s", part == put_blob, item->number,
		               repo);
		got = text_set_add(&p->had, text, err);
		if (got < 0 || (got > 0 && put_part(p, item->number, repo, part, err) < 0))
			return -1;
	}
	return 0;
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
		return put_part(w->p, number, repo, put_blob, err) < 0
		               ? -1
		               : put_part(w->p, number, repo, put_manifest, err);
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
	for (size_t i = 0; i < p->objects.fresh_count; i++) {
		struct digest child = p->objects.fresh[i];

		if (complete_parents(p, &child, err) < 0)
			return -1;
	}
	return 0;
}

/* --- documents and tags ------------------------------------------------------------------- */

/* The tag's row; the list of tags is due when it was not there. */
static int record_tag(struct publishing *p, const struct node *node, const struct image_name *name,
                      struct err *err)
{
	struct db *db = p->import->root->db;
	struct tag_row row;
	int got = tag_get(db, name->repo, name->tag, &row, err);

	if (got < 0 ||
	    ((got == 0 || row.removed_at) && text_set_add(&p->lists.changed, name->repo, err) < 0))
		return -1;
	if (tag_put(db, name->repo, name->tag, &node->digest, err) < 0)
		return err_context(err, "tag %s:%s", name->repo, name->tag);
	return 0;
}

static int put_tag(struct publishing *p, const struct node *node, const struct image_name *name,
                   struct err *err)
{
	struct db *db = p->import->root->db;
	struct object_row row, old;
	char key[KEY_MAX];
	int got;

	if (layout_check_tag(name->tag, err) < 0 || record_tag(p, node, name, err) < 0)
		return -1;
	got = object_get(db, layout_manifest(key, name->repo, &node->digest), &row, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_BUG, "%s was not published", key);
	row.object_class = CLASS_TAG;
	row.changed_at = 0;
	(void)layout_tag(row.key, name->repo, name->tag);
	got = object_get(db, row.key, &old, err);
	if (got == 0 &&
	    case_twins_check(&p->twins, p->import->root, name->repo, name->tag, err) < 0)
		return -1;
	if (got < 0 ||
	    (got > 0 && digest_equal(&old.digest, &row.digest) &&
	     tree_file_mend_sound(p->import->root, row.key, row.size_bytes, &p->documents.looked)))
		return got < 0 ? -1 : 0;
	if (publication_link(p->publication, key, row.key, err) < 0)
		return -1;
	return object_put(db, &row, err);
}

static int put_tags(struct publishing *p, const struct publish_item *item, struct err *err)
{
	const struct node *node = graph_node(p->graph, item->number);
	const struct name_set *names = item->names;

	for (size_t i = 0; i < names->count; i++)
		if (names->names[i].tag[0] && put_tag(p, node, &names->names[i], err) < 0)
			return -1;
	return 0;
}

static int add_size(void *context, const struct digest *digest, uint64_t size_bytes,
                    const struct node *node, struct err *err)
{
	struct publish_result *result = context;

	(void)digest;
	(void)node;
	(void)err;
	result->bytes += size_bytes;
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

/* What is new since the last call is the image's. */
static void count_new(struct publishing *p, struct publish_result *result)
{
	result->new_blobs += p->objects.new_blobs;
	result->new_bytes += p->objects.new_bytes;
	p->objects.new_blobs = p->objects.new_bytes = 0;
}

static int put_each(struct publishing *p, struct publish_item *items, size_t count, graph_fn part,
                    struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (put_item(p, &items[i], part, err) < 0)
			return -1;
		count_new(p, &items[i].result);
	}
	return 0;
}

/* The images with all that is theirs, but the lists. */
static int put_images(struct publishing *p, struct publish_item *items, size_t count,
                      struct err *err)
{
	enum tree_documents_policy policy = p->import->options->referrers == REFERRERS_OMIT
	                                            ? TREE_DOCUMENTS_ONLY_UPDATE
	                                            : TREE_DOCUMENTS_CREATE;

	for (size_t i = 0; i < count; i++)
		if (graph_each(p->graph, items[i].number, repair_object, p, err) < 0)
			return -1;
	if (put_each(p, items, count, put_blob, err) < 0 ||
	    put_each(p, items, count, put_manifest, err) < 0 || complete_waiting(p, err) < 0 ||
	    publish_lists_referrers(&p->lists, policy, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (put_tags(p, &items[i], err) < 0 ||
		    graph_each(p->graph, items[i].number, remember_layer, p, err) < 0 ||
		    graph_each(p->graph, items[i].number, add_size, &items[i].result, err) < 0)
			return -1;
	return 0;
}

static void publishing_release(struct publishing *p)
{
	publish_objects_release(&p->objects);
	text_set_release(&p->had);
	case_twins_release(&p->twins);
	publish_lists_release(&p->lists);
}

int publish_images(struct import *import, const struct graph *graph, struct publish_item *items,
                   size_t count, struct err *err)
{
	struct publishing p = {.import = import,
	                       .graph = graph,
	                       .objects = {.import = import, .looked = &p.documents.looked},
	                       .had = TEXT_SET_INIT,
	                       .twins = CASE_TWINS_INIT};
	enum tree_documents_end end = TREE_DOCUMENTS_DROPPED;
	int status;

	for (size_t i = 0; i < count; i++)
		memset(&items[i].result, 0, sizeof(items[i].result));
	p.publication = publication_begin(import->root, err);
	if (!p.publication)
		return -1;
	tree_documents_begin(&p.documents, import->root, p.publication);
	p.objects.publication = p.publication;
	publish_lists_begin(&p.lists, &p.documents);
	if (import->options->recheck == RECHECK_ALL)
		p.documents.look = TREE_DOCUMENTS_LOOK_BYTES;
	status = put_images(&p, items, count, err);
	if (status == 0)
		status = publish_lists_tags(&p.lists, err);
	if (status < 0) {
		publication_abandon(p.publication);
	} else {
		/* From the commit on the files belong to the intent, also if a step fails. */
		for (size_t i = 0; i < p.objects.moved_count; i++)
			temp_store_published(&import->store, p.objects.moved[i]);
		end = TREE_DOCUMENTS_KEPT;
		status = publication_finish(p.publication, err);
	}
	tree_documents_end(&p.documents, end);
	publishing_release(&p);
	return status;
}
