#include "stage/tree/gc.h"

#include "base/digest_map.h"
#include "base/layout.h"
#include "base/stop.h"
#include "base/str.h"
#include "db/root/documents.h"
#include "db/state/blob.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "db/state/tag.h"
#include "stage/tree/reachable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 64, REPOS_MAX_BYTES = 256 << 20 };

/* A key that goes. */
struct dead {
	struct digest digest;
	struct digest subject; /* manifests: whose referrers change */
	enum object_class object_class;
	uint32_t repo; /* position in gc.repos */
	uint64_t size_bytes;
};

struct gc {
	struct root *root;
	const struct event_sink *sink;
	struct gc_result *result;
	struct str repos;  /* NUL-terminated names of the repositories */
	struct dead *dead; /* owned: manifests and blobs, by repository, in key order */
	size_t count, cap;
	struct digest_map deaths; /* digest -> how many keys of it go */
};

static const char *repo_of(const struct gc *gc, const struct dead *dead)
{
	return gc->repos.data + dead->repo;
}

static const char *key_of(const struct gc *gc, const struct dead *dead, char key[KEY_MAX])
{
	return dead->object_class == CLASS_BLOB
	               ? layout_blob(key, repo_of(gc, dead), &dead->digest)
	               : layout_manifest(key, repo_of(gc, dead), &dead->digest);
}

/* --- what goes ----------------------------------------------------------------------------- */

static int note_subject(void *context, const struct manifest_row *row, struct err *err)
{
	struct dead *dead = context;

	(void)err;
	dead->subject = row->subject;
	return 1;
}

static int add_dead(struct gc *gc, const struct object_row *row, uint32_t repo, struct err *err)
{
	struct dead *dead;
	uint32_t deaths = 0;

	if (gc->count == gc->cap) {
		size_t cap = gc->cap ? gc->cap * 2 : 256;
		struct dead *list = realloc(gc->dead, cap * sizeof(*list));

		if (!list)
			return err_memory(err);
		gc->dead = list;
		gc->cap = cap;
	}
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
	return manifest_get(gc->root->db, &row->digest, note_subject, dead, err) < 0 ? -1 : 0;
}

/* The keys of one folder of a repository that nothing live needs. */
static int sweep_folder(struct gc *gc, const char *repo, uint32_t position, const char *folder,
                        const struct digest_map *live, struct err *err)
{
	char after[KEY_MAX], until[KEY_MAX];
	struct object_row page[PAGE];
	uint32_t ignored;
	int count;

	/* '0' follows '/': the range of all keys below the folder. */
	(void)snprintf(after, sizeof(after), "v2/%s/%s/", repo, folder);
	(void)snprintf(until, sizeof(until), "v2/%s/%s0", repo, folder);
	while ((count = object_page(gc->root->db, after, until, page, PAGE, err)) > 0) {
		if (stop_check(err) < 0)
			return -1;
		for (int i = 0; i < count; i++) {
			const struct object_row *row = &page[i];

			if ((row->object_class == CLASS_BLOB ||
			     row->object_class == CLASS_MANIFEST) &&
			    !digest_map_get(live, &row->digest, &ignored) &&
			    add_dead(gc, row, position, err) < 0)
				return -1;
		}
		memcpy(after, page[count - 1].key, sizeof(after));
	}
	return count;
}

static int sweep_repo(struct gc *gc, const char *repo, uint32_t position, struct err *err)
{
	struct digest_map live = DIGEST_MAP_INIT;
	int result = reachable_in_repo(gc->root->db, repo, &live, err);

	if (result == 0)
		result = sweep_folder(gc, repo, position, "manifests", &live, err);
	if (result == 0)
		result = sweep_folder(gc, repo, position, "blobs", &live, err);
	digest_map_release(&live);
	return result;
}

static int add_repo(void *context, const char *repo, struct err *err)
{
	struct gc *gc = context;

	(void)str_add(&gc->repos, repo, strlen(repo) + 1);
	return str_check(&gc->repos, "list of repositories", err);
}

static int find_dead(struct gc *gc, struct err *err)
{
	if (repo_each(gc->root->db, add_repo, gc, err) < 0)
		return -1;
	for (size_t at = 0; at < gc->repos.len; at += strlen(gc->repos.data + at) + 1)
		if (sweep_repo(gc, gc->repos.data + at, (uint32_t)at, err) < 0)
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

static int tell(struct gc *gc, enum gc_mode mode, struct err *err)
{
	struct digest_map counted = DIGEST_MAP_INIT;
	struct event event = {.type = mode == GC_RUN ? EVENT_OBJECT : EVENT_PLAN};
	char key[KEY_MAX];
	int result = 0;

	for (size_t i = 0; result >= 0 && i < gc->count; i++) {
		const struct dead *dead = &gc->dead[i];
		uint32_t ignored;

		event.u.action.verb = ACTION_DELETE;
		event.u.action.key = key_of(gc, dead, key);
		event.u.action.size_bytes = dead->size_bytes;
		event.u.action.why = "no tag reaches it";
		event_emit(gc->sink, &event);
		gc->result->objects++;
		if (digest_map_get(&counted, &dead->digest, &ignored))
			continue;
		result = goes_for_good(gc, &dead->digest, err);
		if (result > 0) {
			gc->result->blobs++;
			gc->result->freed_bytes += dead->size_bytes;
		}
		if (result >= 0)
			result = digest_map_put(&counted, &dead->digest, 1, err);
	}
	digest_map_release(&counted);
	return result < 0 ? -1 : 0;
}

/* --- taking it away ------------------------------------------------------------------------ */

/* Rows first: the derived documents are rendered from them. */
static int delete_rows(struct gc *gc, struct err *err)
{
	struct db *db = gc->root->db;
	char key[KEY_MAX], other[KEY_MAX];

	for (size_t i = 0; i < gc->count; i++)
		if (object_delete(db, key_of(gc, &gc->dead[i], key), err) < 0)
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

static int update_referrers(struct gc *gc, struct tree_documents *derived, struct err *err)
{
	for (size_t i = 0; i < gc->count; i++) {
		const struct dead *dead = &gc->dead[i];

		if (dead->object_class != CLASS_MANIFEST)
			continue;
		if (tree_documents_referrers(derived, repo_of(gc, dead), &dead->digest,
		                             TREE_DOCUMENTS_ONLY_UPDATE, err) < 0 ||
		    (dead->subject.alg != DIGEST_NONE &&
		     tree_documents_referrers(derived, repo_of(gc, dead), &dead->subject,
		                              TREE_DOCUMENTS_ONLY_UPDATE, err) < 0))
			return -1;
	}
	return 0;
}

/* After the referrers: a repository without anything but them is none any more. */
static int update_lists(struct gc *gc, struct tree_documents *derived, struct err *err)
{
	uint32_t last = UINT32_MAX;

	for (size_t i = 0; i < gc->count; i++) {
		if (gc->dead[i].repo != last &&
		    tree_documents_tags_list(derived, repo_of(gc, &gc->dead[i]), err) < 0)
			return -1;
		last = gc->dead[i].repo;
	}
	return tree_documents_catalog(derived, err);
}

/* Indexes before images before blobs: a parent never outlives what it refers to. */
static int remove_keys(struct gc *gc, struct publication *p, const uint32_t *order, struct err *err)
{
	char key[KEY_MAX];

	for (size_t i = 0; i < gc->count; i++)
		if (publication_remove(p, key_of(gc, &gc->dead[order[i]], key), err) < 0)
			return -1;
	return 0;
}

struct height {
	const struct digest_map *heights;
	uint32_t height;
};

static int on_child(void *context, const struct edge_row *edge, struct err *err)
{
	struct height *h = context;
	uint32_t below = 0;

	(void)err;
	if (edge->role == EDGE_MANIFEST)
		(void)digest_map_get(h->heights, &edge->child, &below);
	if (edge->role != EDGE_SUBJECT && below + 1 > h->height)
		h->height = below + 1;
	return 0;
}

/* Longest way down to a blob, by rounds, because the rows are in no order of depth. */
static int find_heights(struct gc *gc, struct digest_map *heights, struct err *err)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < gc->count; i++) {
			struct height h = {heights, 0};
			uint32_t before = 0;

			if (gc->dead[i].object_class != CLASS_MANIFEST)
				continue;
			(void)digest_map_get(heights, &gc->dead[i].digest, &before);
			if (edges_each(gc->root->db, &gc->dead[i].digest, on_child, &h, err) < 0)
				return -1;
			if (h.height <= before)
				continue;
			changed = true;
			if (digest_map_put(heights, &gc->dead[i].digest, h.height, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Positions in gc->dead, by falling height: counting sort, the heights are few. */
static uint32_t *sort_by_height(struct gc *gc, struct err *err)
{
	struct digest_map heights = DIGEST_MAP_INIT;
	uint32_t *order = calloc(gc->count + 1, sizeof(*order));
	uint32_t highest = 0, filled = 0, h;

	if (!order || find_heights(gc, &heights, err) < 0) {
		if (!order)
			(void)err_memory(err);
		free(order);
		digest_map_release(&heights);
		return NULL;
	}
	for (uint32_t i = 0; i < heights.cap; i++)
		if (heights.slots[i].key.alg != DIGEST_NONE && heights.slots[i].value > highest)
			highest = heights.slots[i].value;
	for (uint32_t level = highest + 1; level-- > 0;) {
		for (size_t i = 0; i < gc->count; i++) {
			h = 0;
			if (gc->dead[i].object_class == CLASS_MANIFEST)
				(void)digest_map_get(&heights, &gc->dead[i].digest, &h);
			if (h == level)
				order[filled++] = (uint32_t)i;
		}
	}
	digest_map_release(&heights);
	return order;
}

static int take_away(struct gc *gc, struct err *err)
{
	uint32_t *order = sort_by_height(gc, err);
	struct publication *p = order ? publication_begin(gc->root, err) : NULL;
	struct tree_documents derived;
	int result = -1;

	if (!p) {
		free(order);
		return -1;
	}
	tree_documents_begin(&derived, gc->root, p);
	if (delete_rows(gc, err) == 0 && update_referrers(gc, &derived, err) == 0 &&
	    update_lists(gc, &derived, err) == 0)
		result = remove_keys(gc, p, order, err);
	tree_documents_end(&derived, result < 0 ? TREE_DOCUMENTS_DROPPED : TREE_DOCUMENTS_KEPT);
	free(order);
	if (result == 0)
		return publication_finish(p, err);
	publication_abandon(p);
	return -1;
}

int gc_run(struct root *root, enum gc_mode mode, const struct event_sink *sink,
           struct gc_result *result, struct err *err)
{
	struct gc gc = {.root = root, .sink = sink, .result = result};
	int status;

	memset(result, 0, sizeof(*result));
	str_init(&gc.repos, REPOS_MAX_BYTES);
	status = find_dead(&gc, err);
	if (status == 0)
		status = tell(&gc, mode, err);
	if (status == 0 && mode == GC_RUN && gc.count > 0)
		status = take_away(&gc, err);
	free(gc.dead);
	str_release(&gc.repos);
	digest_map_release(&gc.deaths);
	return status;
}
