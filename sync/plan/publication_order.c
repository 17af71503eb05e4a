#include "sync/plan/publication_order.h"

#include "sync/plan/edges.h"

#include "base/array.h"
#include "base/digest_map.h"
#include "base/stop.h"
#include "db/state/manifest.h"

#include <stdlib.h>
#include <string.h>

/* Indexes nest 8 deep at most (I6); referrers of referrers go on a little further. */
enum { DEPTH_MAX = 32 };

struct order {
	struct plan *plan;
	struct db *db;
	char repo[REPO_MAX + 1]; /* the one whose manifests are visited */
	/* Of its manifests that are not in the plan: for which parents each was visited. */
	struct digest_map visited;
	uint64_t found; /* how often something was found in the plan */
};

static void enter_repo(struct order *o, const char *repo)
{
	if (strcmp(o->repo, repo) == 0)
		return;
	digest_map_release(&o->visited);
	memcpy(o->repo, repo, strlen(repo) + 1);
}

/* The id of a key that is to be sent; 0 when it is not in the plan. */
static int64_t planned(struct order *o, const char *key, int64_t *rank, struct err *err)
{
	struct plan_item item;
	int got = plan_find(o->plan, key, &item, err);

	if (got <= 0)
		return got;
	if (item.state != PLAN_WAITING)
		return 0;
	*rank = item.rank;
	o->found++;
	return item.id;
}

static int link_to(struct order *o, int64_t child, int64_t parent, enum plan_edge_kind kind,
                   struct err *err)
{
	if (child == 0 || parent == 0 || child == parent)
		return 0;
	return plan_edge_add(o->plan, child, parent, kind, err);
}

/* ---- the edges of a manifest, read whole: no statement stays open while the graph is walked */

struct child {
	struct digest digest;
	enum edge_role role;
};

struct children { /* owned array */
	struct child *list;
	size_t count, cap;
};

static int add_child(struct children *c, const struct digest *d, enum edge_role role,
                     struct err *err)
{
	if (array_room(&c->list, c->count, &c->cap, err) < 0)
		return -1;
	c->list[c->count++] = (struct child){*d, role};
	return 0;
}

static int add_edge(void *context, const struct edge_row *edge, struct err *err)
{
	if (!edge->present || edge->role == EDGE_SUBJECT)
		return 0;
	return add_child(context, &edge->child, edge->role, err);
}

static int add_referrer(void *context, const struct manifest_row *row, struct err *err)
{
	return add_child(context, &row->digest, EDGE_MANIFEST, err);
}

/* ---- visiting: gives ranks, and edges to `parent` (0: none) */

static int visit_blob(struct order *o, const struct digest *d, int64_t parent, struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_blob(key, o->repo, d), &rank, err);

	if (id <= 0)
		return (int)id;
	if (plan_rank(o->plan, id, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_HARD, err);
}

static int visit_manifest(struct order *o, const struct digest *d, int64_t parent, unsigned depth,
                          struct err *err);

/*
 * referrers/<d> or the fallback tag: after the manifests that it lists and (softly) after its
 * subject, before `parent`.
 */
static int visit_list(struct order *o, const char *key, const struct children *members,
                      int64_t subject, int64_t parent, unsigned depth, struct err *err)
{
	int64_t rank = 0, id = planned(o, key, &rank, err);

	if (id < 0)
		return -1;
	for (size_t i = 0; i < members->count; i++)
		if (visit_manifest(o, &members->list[i].digest, id, depth + 1, err) < 0)
			return -1;
	if (id == 0)
		return 0;
	if (plan_rank(o->plan, id, err) < 0 || link_to(o, subject, id, PLAN_SOFT, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_SOFT, err);
}

static int visit_referrers(struct order *o, const struct digest *d, int64_t parent, unsigned depth,
                           struct err *err)
{
	struct children members = {0};
	char key[KEY_MAX];
	int64_t rank, subject = planned(o, layout_manifest(key, o->repo, d), &rank, err);
	int result = manifest_referrers(o->db, o->repo, d, add_referrer, &members, err);

	if (subject < 0)
		result = -1;
	if (result >= 0)
		result = visit_list(o, layout_referrers(key, o->repo, d), &members, subject, parent,
		                    depth, err);
	if (result >= 0)
		result = visit_list(o, layout_fallback_tag(key, o->repo, d), &members, subject,
		                    parent, depth, err);
	free(members.list);
	return result < 0 ? -1 : 0;
}

static int visit_children(struct order *o, const struct digest *d, int64_t parent, unsigned depth,
                          struct err *err)
{
	struct children children = {0};
	int result = edges_each(o->db, d, add_edge, &children, err);

	for (size_t i = 0; i < children.count && result >= 0; i++) {
		const struct child *c = &children.list[i];

		result = c->role == EDGE_MANIFEST
		                 ? visit_manifest(o, &c->digest, parent, depth + 1, err)
		                 : visit_blob(o, &c->digest, parent, err);
	}
	free(children.list);
	return result < 0 ? -1 : 0;
}

/* A manifest below which nothing is in the plan was visited for every parent. */
enum { ANY_PARENT = -1 };

/* The digest with the parent mixed in: only digests that agree in all other bytes are confused. */
static struct digest visit_of(const struct digest *d, int64_t parent)
{
	struct digest visit = *d;

	for (size_t i = 0; i < sizeof(parent); i++)
		visit.bytes[i] ^= (uint8_t)((uint64_t)parent >> 8 * i);
	return visit;
}

/* A manifest that is not in the plan: what is below it waits into `parent`, as it does itself. */
static int visit_past(struct order *o, const struct digest *d, int64_t parent, unsigned depth,
                      struct err *err)
{
	struct digest visit = visit_of(d, parent), any = visit_of(d, ANY_PARENT);
	uint64_t found = o->found;
	uint32_t known;

	if (digest_map_get(&o->visited, &any, &known))
		return 0;
	if (digest_map_get(&o->visited, &visit, &known)) {
		o->found++; /* there may be something below it */
		return 0;
	}
	if (digest_map_put(&o->visited, &visit, 1, err) < 0 ||
	    visit_children(o, d, parent, depth, err) < 0 ||
	    visit_referrers(o, d, parent, depth, err) < 0)
		return -1;
	return o->found == found ? digest_map_put(&o->visited, &any, 1, err) : 0;
}

static int visit_manifest(struct order *o, const struct digest *d, int64_t parent, unsigned depth,
                          struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_manifest(key, o->repo, d), &rank, err);

	if (id < 0 || stop_check(err) < 0)
		return -1;
	if (depth > DEPTH_MAX || rank > 0)
		return link_to(o, id, parent, PLAN_HARD, err);
	if (id == 0)
		return visit_past(o, d, parent, depth, err);
	if (visit_children(o, d, id, depth, err) < 0 || plan_rank(o->plan, id, err) < 0 ||
	    link_to(o, id, parent, PLAN_HARD, err) < 0)
		return -1;
	return visit_referrers(o, d, parent, depth, err);
}

/* The catalogue shall not name a repository whose last tag goes, also where no list is planned. */
static int order_tags(struct order *o, int64_t catalog, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	char key[KEY_MAX];
	int got;

	while ((got = plan_after(o->plan, CLASS_TAG, PLAN_WAITING, item.id, &item, err)) > 0) {
		int64_t rank, list;

		if (!layout_parse(&parts, item.key))
			return err_set(err, ERR_NO_STATE, "the state holds '%.200s' as a tag",
			               item.key);
		enter_repo(o, parts.repo);
		if (item.verb != ACTION_DELETE &&
		    visit_manifest(o, &item.digest, item.id, 0, err) < 0)
			return -1;
		list = planned(o, layout_tags_list(key, parts.repo), &rank, err);
		if (list == 0 && item.verb == ACTION_DELETE)
			list = catalog;
		if (list < 0 || plan_rank(o->plan, item.id, err) < 0 ||
		    link_to(o, item.id, list, PLAN_SOFT, err) < 0)
			return -1;
	}
	return got;
}

static int order_manifests(struct order *o, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	int got;

	while ((got = plan_after(o->plan, CLASS_MANIFEST, PLAN_WAITING, item.id, &item, err)) > 0)
		if (item.rank == 0 && layout_parse(&parts, item.key)) {
			enter_repo(o, parts.repo);
			if (visit_manifest(o, &item.digest, 0, 0, err) < 0)
				return -1;
		}
	return got;
}

/*
 * A list of referrers whose subject was not visited: its subject is in the bucket, or nowhere. Its
 * members were visited with the manifests, so only the edges are missing.
 */
static int order_referrers(struct order *o, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	int got;

	while ((got = plan_after(o->plan, CLASS_REFERRERS, PLAN_WAITING, item.id, &item, err)) > 0)
		if (item.rank == 0 && layout_parse(&parts, item.key)) {
			enter_repo(o, parts.repo);
			if (visit_referrers(o, &parts.digest, 0, 0, err) < 0)
				return -1;
		}
	return got;
}

/* Whatever of the class has no place yet, in key order; `then` (0: none) waits for it softly. */
static int order_rest(struct order *o, enum object_class object_class, int64_t then,
                      struct err *err)
{
	struct plan_item item = {0};
	int got;

	while ((got = plan_after(o->plan, object_class, PLAN_WAITING, item.id, &item, err)) > 0) {
		if (item.rank == 0 && plan_rank(o->plan, item.id, err) < 0)
			return -1;
		if (link_to(o, item.id, then, PLAN_SOFT, err) < 0)
			return -1;
	}
	return got;
}

static int order_all(struct order *o, struct err *err)
{
	char key[KEY_MAX];
	int64_t rank, catalog = planned(o, layout_catalog(key), &rank, err);

	if (catalog < 0)
		return -1;
	if (order_rest(o, CLASS_PING, 0, err) < 0 || order_tags(o, catalog, err) < 0 ||
	    order_manifests(o, err) < 0 || order_referrers(o, err) < 0 ||
	    order_rest(o, CLASS_BLOB, 0, err) < 0 ||
	    order_rest(o, CLASS_FALLBACK_TAG, 0, err) < 0 ||
	    order_rest(o, CLASS_TAGS_LIST, catalog, err) < 0)
		return -1;
	return order_rest(o, CLASS_CATALOG, 0, err);
}

int publication_order_make(struct plan *plan, struct db *db, struct err *err)
{
	struct order o = {.plan = plan, .db = db, .visited = DIGEST_MAP_INIT};
	int result = order_all(&o, err);

	digest_map_release(&o.visited);
	return result < 0 ? -1 : plan_index_ranks(plan, err);
}
