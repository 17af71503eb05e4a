#include "sync/plan/publication_order.h"

#include "sync/plan/children.h"
#include "sync/plan/edges.h"

struct order {
	struct plan *plan;
	struct db *db;
};

/* The id of a key that is to be sent; 0 when it is not in the plan. */
static int64_t planned(struct order *o, const char *key, int64_t *rank, struct err *err)
{
	struct plan_item item;
	int got = plan_find(o->plan, key, &item, err);

	if (got <= 0)
		return got;
	*rank = item.rank;
	return item.state == PLAN_WAITING ? item.id : 0;
}

static int link_to(struct order *o, int64_t child, int64_t parent, enum plan_edge_kind kind,
                   struct err *err)
{
	if (child == 0 || parent == 0 || child == parent)
		return 0;
	return plan_edge_add(o->plan, child, parent, kind, err);
}

static int visit_blob(struct order *o, const char *repo, const struct digest *d, int64_t parent,
                      struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_blob(key, repo, d), &rank, err);

	if (id <= 0)
		return (int)id;
	if (plan_rank(o->plan, id, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_HARD, err);
}

static int visit_manifest(struct order *o, const char *repo, const struct digest *d, int64_t parent,
                          unsigned depth, struct err *err);

/*
 * referrers/<d> or the fallback tag: after the manifests that it lists and (softly) after its
 * subject, before `parent`.
 */
static int visit_list(struct order *o, const char *repo, const char *key,
                      const struct children *members, int64_t subject, int64_t parent,
                      unsigned depth, struct err *err)
{
	int64_t rank = 0, id = planned(o, key, &rank, err);

	if (id < 0)
		return -1;
	for (size_t i = 0; i < members->count; i++)
		if (visit_manifest(o, repo, &members->list[i].digest, id, depth + 1, err) < 0)
			return -1;
	if (id == 0)
		return 0;
	if (plan_rank(o->plan, id, err) < 0 || link_to(o, subject, id, PLAN_SOFT, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_SOFT, err);
}

static int visit_referrers(struct order *o, const char *repo, const struct digest *d,
                           int64_t parent, unsigned depth, struct err *err)
{
	struct children members = {0};
	char key[KEY_MAX];
	int64_t rank, subject = planned(o, layout_manifest(key, repo, d), &rank, err);
	int result = children_read_referrers(&members, o->db, repo, d, err);

	if (subject < 0)
		result = -1;
	if (result >= 0)
		result = visit_list(o, repo, layout_referrers(key, repo, d), &members, subject,
		                    parent, depth, err);
	if (result >= 0)
		result = visit_list(o, repo, layout_fallback_tag(key, repo, d), &members, subject,
		                    parent, depth, err);
	children_release(&members);
	return result < 0 ? -1 : 0;
}

static int visit_children(struct order *o, const char *repo, const struct digest *d, int64_t parent,
                          unsigned depth, struct err *err)
{
	struct children children = {0};
	int result = children_read(&children, o->db, d, err);

	for (size_t i = 0; i < children.count && result >= 0; i++) {
		const struct child *c = &children.list[i];

		result = c->role == EDGE_MANIFEST
		                 ? visit_manifest(o, repo, &c->digest, parent, depth + 1, err)
		                 : visit_blob(o, repo, &c->digest, parent, err);
	}
	children_release(&children);
	return result < 0 ? -1 : 0;
}

static int visit_manifest(struct order *o, const char *repo, const struct digest *d, int64_t parent,
                          unsigned depth, struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_manifest(key, repo, d), &rank, err);

	if (id < 0)
		return -1;
	if (depth > CHILDREN_DEPTH_MAX || (id > 0 && rank > 0))
		return link_to(o, id, parent, PLAN_HARD, err);
	if (visit_children(o, repo, d, id ? id : parent, depth, err) < 0)
		return -1;
	if (id > 0 && plan_rank(o->plan, id, err) < 0)
		return -1;
	if (link_to(o, id, parent, PLAN_HARD, err) < 0)
		return -1;
	return visit_referrers(o, repo, d, parent, depth, err);
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
		if (item.verb != ACTION_DELETE &&
		    visit_manifest(o, parts.repo, &item.digest, item.id, 0, err) < 0)
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
		if (item.rank == 0 && layout_parse(&parts, item.key) &&
		    visit_manifest(o, parts.repo, &item.digest, 0, 0, err) < 0)
			return -1;
	return got;
}

/*
 * A list of referrers whose subject was not visited: its subject is in the bucket, or nowhere. Its
 * members were visited with the manifests, so only the edges are missing.
 */
static int order_referrers(struct order *o, enum object_class object_class, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	int got;

	while ((got = plan_after(o->plan, object_class, PLAN_WAITING, item.id, &item, err)) > 0)
		if (item.rank == 0 && layout_parse(&parts, item.key) &&
		    parts.digest.alg != DIGEST_NONE &&
		    visit_referrers(o, parts.repo, &parts.digest, 0, 0, err) < 0)
			return -1;
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

int publication_order_make(struct plan *plan, struct db *db, struct err *err)
{
	struct order o = {plan, db};
	char key[KEY_MAX];
	int64_t rank, catalog;

	catalog = planned(&o, layout_catalog(key), &rank, err);
	if (catalog < 0)
		return -1;
	if (order_rest(&o, CLASS_PING, 0, err) < 0 || order_tags(&o, catalog, err) < 0 ||
	    order_manifests(&o, err) < 0 || order_referrers(&o, CLASS_REFERRERS, err) < 0 ||
	    order_rest(&o, CLASS_BLOB, 0, err) < 0 ||
	    order_rest(&o, CLASS_FALLBACK_TAG, 0, err) < 0 ||
	    order_rest(&o, CLASS_TAGS_LIST, catalog, err) < 0 ||
	    order_rest(&o, CLASS_CATALOG, 0, err) < 0)
		return -1;
	return plan_index_ranks(plan, err);
}
