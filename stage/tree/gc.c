#include "stage/tree/gc.h"

#include "base/array.h"
#include "base/digest_map.h"
#include "base/layout.h"
#include "base/name_list.h"
#include "base/stop.h"
#include "db/root/documents.h"
#include "db/state/blob.h"
#include "db/state/layer_cache.h"
#include "db/state/manifest_walk.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/tag.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 64 };

/* A key that goes. */
struct dead {
	struct digest digest;
	struct digest subject; /* manifests: whose referrers change */
	enum object_class object_class;
	uint32_t rank;    /* greater than the ranks of all that it refers to; blobs: 0 */
	const char *repo; /* borrowed of gc.repos */
	uint64_t size_bytes;
};

struct gc {
	struct root *root;
	const struct event_sink *sink;
	struct gc_result *result;
	struct name_list repos;
	struct dead *dead; /* owned: manifests and blobs, by repository, in key order */
	size_t count, cap;
	struct digest_map deaths; /* digest -> how many keys of it go */
	struct digest_map ranks;  /* of dead manifests */
};

static const char *key_of(const struct dead *dead, char key[KEY_MAX])
{
	return dead->object_class == CLASS_BLOB ? layout_blob(key, dead->repo, &dead->digest)
	                                        : layout_manifest(key, dead->repo, &dead->digest);
}

/* --- what goes ----------------------------------------------------------------------------- */

static int note_dead_subject(void *context, const struct manifest_row *row, struct err *err)
{
	struct dead *dead = context;

	(void)err;
	dead->subject = row->subject;
	return 1;
}

static int add_dead(struct gc *gc, const struct object_row *row, const char *repo, struct err *err)
{
	struct dead *dead;
	uint32_t deaths = 0;

	if (array_room(&gc->dead, gc->count, &gc->cap, err) < 0)
		return -1;
	dead = &gc->dead[gc->count++];
	memset(dead, 0, sizeof(*dead));
	dead->digest = row->digest;
	dead->object_class = row->object_class;
	dead->size_bytes = row->size_bytes;
	dead->repo = repo;
	(void)digest_map_get(&gc->deaths, &row->digest, &deaths);
	if (digest_map_put(&gc->deaths, &row->digest, deaths + 1, err) < 0)
		return -1;
	if (row->object_class != CLASS_MANIFEST)
		return 0;
	return manifest_get(gc->root->db, &row->digest, note_dead_subject, dead, err) < 0 ? -1 : 0;
}

/* The keys of one folder of a repository that nothing live needs. */
static int sweep_folder(struct gc *gc, const char *repo, enum layout_folder folder,
                        const struct digest_map *live, struct err *err)
{
	struct object_row page[PAGE];
	struct layout_range range;
	uint32_t ignored;
	int count;

	layout_range(&range, repo, folder);
	while ((count = object_page(gc->root->db, range.after, range.until, page, PAGE, err)) > 0) {
		if (stop_check(err) < 0)
			return -1;
		for (int i = 0; i < count; i++) {
			const struct object_row *row = &page[i];

			if ((row->object_class == CLASS_BLOB ||
			     row->object_class == CLASS_MANIFEST) &&
			    !digest_map_get(live, &row->digest, &ignored) &&
			    add_dead(gc, row, repo, err) < 0)
				return -1;
		}
		memcpy(range.after, page[count - 1].key, sizeof(range.after));
	}
	return count;
}

/*
 * The tags of a repository keep the tagged manifests, all below them, and their referrers (and what
 * is below those, and so on).
 */
static int sweep_repo(struct gc *gc, const char *repo, struct err *err)
{
	struct manifest_walk live = {.db = gc->root->db, .repo = repo, .absent = true};
	int result = manifest_walk_tags(&live, err);

	if (result == 0)
		result = sweep_folder(gc, repo, LAYOUT_MANIFESTS, &live.seen, err);
	if (result == 0)
		result = sweep_folder(gc, repo, LAYOUT_BLOBS, &live.seen, err);
	manifest_walk_release(&live);
	return result;
}

/* A repository without blobs: those with any are listed already. */
static int add_without_blobs(void *context, const char *repo, struct err *err)
{
	struct gc *gc = context;
	struct layout_range range;
	struct object_row row;
	int got;

	layout_range(&range, repo, LAYOUT_BLOBS);
	got = object_page(gc->root->db, range.after, range.until, &row, 1, err);
	return got != 0 ? (got < 0 ? -1 : 0) : name_list_add(&gc->repos, repo, err);
}

static int find_dead(struct gc *gc, struct err *err)
{
	if (repo_each_with_blobs(gc->root->db, name_list_add, &gc->repos, err) < 0 ||
	    repo_each(gc->root->db, add_without_blobs, gc, err) < 0)
		return -1;
	for (size_t i = 0; i < gc->repos.count; i++)
		if (sweep_repo(gc, gc->repos.list[i], err) < 0)
			return -1;
	return 0;
}

/* --- what it frees ------------------------------------------------------------------------- */

static int count_one(void *context, const char *repo, struct err *err)
{
	(void)repo;
	(void)err;
	++*(uint32_t *)context;
	return 0;
}

/* 1 when no key will hold the bytes any more. */
static int goes_for_good(struct gc *gc, const struct digest *digest, struct err *err)
{
	uint32_t holders = 0, deaths = 0;

	if (object_places_each(gc->root->db, digest, CLASS_BLOB, count_one, &holders, err) < 0 ||
	    object_places_each(gc->root->db, digest, CLASS_MANIFEST, count_one, &holders, err) < 0)
		return -1;
	(void)digest_map_get(&gc->deaths, digest, &deaths);
	return deaths == holders;
}

/* While the rows are still there. */
static int count_dead(struct gc *gc, struct err *err)
{
	struct digest_map counted = DIGEST_MAP_INIT;
	int result = 0;

	for (size_t i = 0; result >= 0 && i < gc->count; i++) {
		const struct dead *dead = &gc->dead[i];
		uint32_t ignored;

		gc->result->objects++;
		if (digest_map_get(&counted, &dead->digest, &ignored))
			continue;
		result = goes_for_good(gc, &dead->digest, err);
		if (result > 0) {
			gc->result->blobs += dead->object_class == CLASS_BLOB;
			gc->result->freed_bytes += dead->size_bytes;
		}
		if (result >= 0)
			result = digest_map_put(&counted, &dead->digest, 1, err);
	}
	digest_map_release(&counted);
	return result < 0 ? -1 : 0;
}

static void tell_dead(const struct gc *gc, enum event_type type)
{
	struct event event = {.type = type};
	char key[KEY_MAX];

	for (size_t i = 0; i < gc->count; i++) {
		event.u.action.verb = ACTION_DELETE;
		event.u.action.key = key_of(&gc->dead[i], key);
		event.u.action.size_bytes = gc->dead[i].size_bytes;
		event.u.action.why = "no tag reaches it";
		event_emit(gc->sink, &event);
	}
}

/* --- taking it away ------------------------------------------------------------------------ */

/* Rows first: lists and referrers are rendered from them. */
static int delete_rows(struct gc *gc, struct err *err)
{
	struct db *db = gc->root->db;
	char key[KEY_MAX], other[KEY_MAX];

	for (size_t i = 0; i < gc->count; i++)
		if (object_delete(db, key_of(&gc->dead[i], key), err) < 0)
			return -1;
	for (size_t i = 0; i < gc->count; i++) {
		const struct digest *digest = &gc->dead[i].digest;
		int manifests = object_with_digest(db, digest, CLASS_MANIFEST, other, err);
		int blobs = object_with_digest(db, digest, CLASS_BLOB, other, err);

		if (manifests < 0 || blobs < 0)
			return -1;
		if (manifests == 0 && manifest_delete(db, digest, err) < 0)
			return -1;
		if (manifests == 0 && blobs == 0 && blob_delete(db, digest, err) < 0)
			return -1;
	}
	return 0;
}

static int update_referrers(struct gc *gc, struct tree_documents *documents, struct err *err)
{
	for (size_t i = 0; i < gc->count; i++) {
		const struct dead *dead = &gc->dead[i];

		if (dead->object_class != CLASS_MANIFEST)
			continue;
		if (tree_documents_referrers(documents, dead->repo, &dead->digest,
		                             TREE_DOCUMENTS_ONLY_UPDATE, err) < 0 ||
		    (dead->subject.alg != DIGEST_NONE &&
		     tree_documents_referrers(documents, dead->repo, &dead->subject,
		                              TREE_DOCUMENTS_ONLY_UPDATE, err) < 0))
			return -1;
	}
	return 0;
}

/* After the referrers: a repository without anything but them is none any more. */
static int update_lists(struct gc *gc, struct tree_documents *documents, struct err *err)
{
	const char *last = NULL;

	for (size_t i = 0; i < gc->count; i++) {
		if (gc->dead[i].repo != last &&
		    tree_documents_tags_list(documents, gc->dead[i].repo, err) < 0)
			return -1;
		last = gc->dead[i].repo;
	}
	return tree_documents_catalog(documents, err);
}

/* A manifest is left after all below it were: its number is the greater one. */
static int rank_visit(void *context, const struct walk_visit *visit, struct err *err)
{
	struct gc *gc = context;
	uint32_t ignored;

	if (visit->step == WALK_LEAVE)
		return digest_map_put(&gc->ranks, &visit->digest, gc->ranks.count + 1, err);
	return digest_map_get(&gc->deaths, &visit->digest, &ignored) ? WALK_INTO : WALK_PAST;
}

static int rank_dead(struct gc *gc, struct err *err)
{
	struct manifest_walk walk = {
		.db = gc->root->db, .absent = true, .fn = rank_visit, .context = gc};
	int result = 0;

	for (size_t i = 0; result == 0 && i < gc->count; i++)
		if (gc->dead[i].object_class == CLASS_MANIFEST)
			result = manifest_walk_from(&walk, &gc->dead[i].digest, err);
	for (size_t i = 0; i < gc->count; i++)
		if (gc->dead[i].object_class == CLASS_MANIFEST)
			(void)digest_map_get(&gc->ranks, &gc->dead[i].digest, &gc->dead[i].rank);
	manifest_walk_release(&walk);
	return result;
}

static int by_falling_rank(const void *a, const void *b)
{
	const struct dead *x = a, *y = b;
	int order = strcmp(x->repo, y->repo);

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return order != 0 ? order : digest_compare(&x->digest, &y->digest);
}

/* Indexes before images before blobs: a parent never outlives what it refers to. */
static int remove_keys(struct gc *gc, struct publication *p, struct err *err)
{
	char key[KEY_MAX];

	qsort(gc->dead, gc->count, sizeof(*gc->dead), by_falling_rank);
	for (size_t i = 0; i < gc->count; i++)
		if (publication_remove(p, key_of(&gc->dead[i], key), err) < 0)
			return -1;
	return 0;
}

static int take_away(struct gc *gc, struct err *err)
{
	struct publication *p = rank_dead(gc, err) < 0 ? NULL : publication_begin(gc->root, err);
	struct tree_documents documents;
	int result = -1;

	if (!p)
		return -1;
	tree_documents_begin(&documents, gc->root, p);
	if (delete_rows(gc, err) == 0 && update_referrers(gc, &documents, err) == 0 &&
	    update_lists(gc, &documents, err) == 0)
		result = remove_keys(gc, p, err);
	tree_documents_end(&documents, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	if (result == 0)
		return publication_finish(p, err);
	publication_abandon(p);
	return -1;
}

int gc_run(struct root *root, enum gc_mode mode, const struct event_sink *sink,
           struct gc_result *result, struct err *err)
{
	struct event event = {.type = EVENT_PROGRESS, .u.progress.phase = PHASE_COLLECTING};
	struct gc gc = {.root = root, .sink = sink, .result = result};
	int status;

	memset(result, 0, sizeof(*result));
	event_emit(sink, &event);
	status = find_dead(&gc, err);
	if (status == 0)
		status = count_dead(&gc, err);
	if (status == 0 && mode == GC_RUN && gc.count > 0)
		status = take_away(&gc, err);
	if (status == 0 && mode == GC_RUN)
		status = layer_cache_prune(root->db, err);
	/* What went is told when it has gone. */
	if (status == 0)
		tell_dead(&gc, mode == GC_RUN ? EVENT_OBJECT : EVENT_PLAN);
	free(gc.dead);
	name_list_release(&gc.repos);
	digest_map_release(&gc.deaths);
	digest_map_release(&gc.ranks);
	return status;
}
