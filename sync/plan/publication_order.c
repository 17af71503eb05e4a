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
	/* Of its manifests that are not in the plan and were visited: the number of the junction.
	 */
	struct digest_map past;
};

/* In `past`. */
#define NOTHING_BELOW 0
#define UNDER_WAY     UINT32_MAX /* nothing was found so far */

/* What waits for what is visited; NULL: nothing. */
struct waiter {
	int64_t id;                /* of an item; 0: the junction of `past` … */
	const struct digest *past; /* … made when there is something to wait for; borrowed */
};

static void enter_repo(struct order *o, const char *repo)
{
	if (strcmp(o->repo, repo) == 0)
		return;
	digest_map_release(&o->past);
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
	return item.id;
}

/* The junction of a manifest in `past`: its id, or 0 on an error. */
static int64_t junction_of(struct order *o, const struct digest *d, struct err *err)
{
	uint32_t number = NOTHING_BELOW;
	int64_t junction;

	(void)digest_map_get(&o->past, d, &number);
	if (number != NOTHING_BELOW && number != UNDER_WAY)
		return -(int64_t)number;
	if (plan_junction_add(o->plan, &junction, err) < 0 ||
	    digest_map_put(&o->past, d, (uint32_t)-junction, err) < 0)
		return 0;
	return junction;
}

static int link_to(struct order *o, int64_t child, const struct waiter *w, enum plan_edge_kind kind,
                   struct err *err)
{
	int64_t parent;

	if (child == 0 || !w || child == w->id)
		return 0;
	parent = w->id ? w->id : junction_of(o, w->past, err);
	return parent ? plan_edge_add(o->plan, child, parent, kind, err) : -1;
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

/* ---- visiting: gives ranks, and edges to what waits */

static int visit_blob(struct order *o, const struct digest *d, const struct waiter *parent,
                      struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_blob(key, o->repo, d), &rank, err);

	if (id <= 0)
		return (int)id;
	if (plan_rank(o->plan, id, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_HARD, err);
}

static int visit_manifest(struct order *o, const struct digest *d, const struct waiter *parent,
                          unsigned depth, struct err *err);

/*
 * referrers/<d> or the fallback tag: after the manifests that it lists and (softly) after its
 * subject, before `parent`.
 */
static int visit_list(struct order *o, const char *key, const struct children *members,
                      int64_t subject, const struct waiter *parent, unsigned depth, struct err *err)
{
	int64_t rank = 0, id = planned(o, key, &rank, err);
	struct waiter list = {.id = id};

	if (id < 0)
		return -1;
	for (size_t i = 0; i < members->count; i++)
		if (visit_manifest(o, &members->list[i].digest, id ? &list : NULL, depth + 1, err) <
		    0)
			return -1;
	if (id == 0)
		return 0;
	if (plan_rank(o->plan, id, err) < 0 || link_to(o, subject, &list, PLAN_SOFT, err) < 0)
		return -1;
	return link_to(o, id, parent, PLAN_SOFT, err);
}

static int visit_referrers(struct order *o, const struct digest *d, const struct waiter *parent,
                           unsigned depth, struct err *err)
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

static int visit_children(struct order *o, const struct digest *d, const struct waiter *parent,
                          unsigned depth, struct err *err)
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

/*
 * A manifest that is not in the plan: `parent` waits for its junction, and that for what is below.
 * A list of referrers may lead back to one that is under way.
 */
static int visit_past(struct order *o, const struct digest *d, const struct waiter *parent,
                      unsigned depth, struct err *err)
{
	struct waiter below = {.past = d};
	uint32_t found;

	if (!digest_map_get(&o->past, d, &found)) {
		if (digest_map_put(&o->past, d, UNDER_WAY, err) < 0 ||
		    visit_children(o, d, &below, depth, err) < 0 ||
		    visit_referrers(o, d, &below, depth, err) < 0)
			return -1;
		(void)digest_map_get(&o->past, d, &found);
		if (found == UNDER_WAY)
			return digest_map_put(&o->past, d, NOTHING_BELOW, err);
	}
	if (found == NOTHING_BELOW || !parent)
		return 0;
	below.id = junction_of(o, d, err);
	return below.id ? link_to(o, below.id, parent, PLAN_HARD, err) : -1;
}

static int visit_manifest(struct order *o, const struct digest *d, const struct waiter *parent,
                          unsigned depth, struct err *err)
{
	char key[KEY_MAX];
	int64_t rank = 0, id = planned(o, layout_manifest(key, o->repo, d), &rank, err);
	struct waiter itself = {.id = id};

	if (id < 0 || stop_check(err) < 0)
		return -1;
	if (depth > DEPTH_MAX || rank > 0)
		return link_to(o, id, parent, PLAN_HARD, err);
	if (id == 0)
		return visit_past(o, d, parent, depth, err);
	if (visit_children(o, d, &itself, depth, err) < 0 || plan_rank(o->plan, id, err) < 0 ||
	    link_to(o, id, parent, PLAN_HARD, err) < 0)
		return -1;
	return visit_referrers(o, d, parent, depth, err);
}

/* Adds to the junction the tags of a repository that are to be sent; 0: there is none. */
static int add_sent_tags(struct order *o, const struct layout_range *keys, int64_t *junction,
                         struct err *err)
{
	struct plan_item item = {0};
	int got;

	while ((got = plan_after_key(o->plan, keys, CLASS_TAG, &item, err)) > 0)
		if (item.verb != ACTION_DELETE &&
		    ((*junction == 0 && plan_junction_add(o->plan, junction, err) < 0) ||
		     plan_edge_add(o->plan, item.id, *junction, PLAN_SOFT, err) < 0))
			return -1;
	return got;
}

/* `list` waits for them, and they for the tags that are sent. */
static int order_removed_of(struct order *o, const char *repo, int64_t list, struct err *err)
{
	struct waiter of_tags = {.id = list};
	struct plan_item item = {0};
	struct layout_range keys;
	int64_t sent = 0;
	int got;

	layout_range(&keys, repo, LAYOUT_MANIFESTS);
	if (add_sent_tags(o, &keys, &sent, err) < 0)
		return -1;
	while ((got = plan_after_key(o->plan, &keys, CLASS_TAG, &item, err)) > 0) {
		struct waiter tag = {.id = item.id};

		if (item.verb == ACTION_DELETE &&
		    (plan_rank(o->plan, item.id, err) < 0 ||
		     link_to(o, sent, &tag, PLAN_HARD, err) < 0 ||
		     link_to(o, item.id, list ? &of_tags : NULL, PLAN_SOFT, err) < 0))
			return -1;
	}
	return got;
}

/*
 * Tags that were untagged go when the others of the repository are there, and then its list, before
 * anything else: until then it names what is gone. The catalogue shall not name a repository whose
 * last tag goes, also where no list is planned.
 */
static int order_removed_tags(struct order *o, int64_t catalog, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	char key[KEY_MAX];
	int got;

	while ((got = plan_after(o->plan, CLASS_TAG, PLAN_WAITING, item.id, &item, err)) > 0) {
		int64_t rank, list;

		if (item.verb != ACTION_DELETE || item.rank > 0 || !layout_parse(&parts, item.key))
			continue;
		list = planned(o, layout_tags_list(key, parts.repo), &rank, err);
		if (list < 0 || (list > 0 && plan_rank(o->plan, list, err) < 0) ||
		    order_removed_of(o, parts.repo, list ? list : catalog, err) < 0)
			return -1;
	}
	return got;
}

static int order_tags(struct order *o, struct err *err)
{
	struct plan_item item = {0};
	struct key_parts parts;
	char key[KEY_MAX];
	int got;

	while ((got = plan_after(o->plan, CLASS_TAG, PLAN_WAITING, item.id, &item, err)) > 0) {
		struct waiter tag = {.id = item.id}, list = {0};
		int64_t rank;

		if (!layout_parse(&parts, item.key))
			return err_set(err, ERR_NO_STATE, "the state holds '%.200s' as a tag",
			               item.key);
		if (item.verb == ACTION_DELETE)
			continue;
		enter_repo(o, parts.repo);
		if (visit_manifest(o, &item.digest, &tag, 0, err) < 0)
			return -1;
		list.id = planned(o, layout_tags_list(key, parts.repo), &rank, err);
		if (list.id < 0 || plan_rank(o->plan, item.id, err) < 0 ||
		    link_to(o, item.id, list.id ? &list : NULL, PLAN_SOFT, err) < 0)
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
			if (visit_manifest(o, &item.digest, NULL, 0, err) < 0)
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
			if (visit_referrers(o, &parts.digest, NULL, 0, err) < 0)
				return -1;
		}
	return got;
}

/* Whatever of the class has no place yet, in key order; `then` (0: none) waits for it softly. */
static int order_rest(struct order *o, enum object_class object_class, int64_t then,
                      struct err *err)
{
	struct waiter waiter = {.id = then};
	struct plan_item item = {0};
	int got;

	while ((got = plan_after(o->plan, object_class, PLAN_WAITING, item.id, &item, err)) > 0) {
		if (item.rank == 0 && plan_rank(o->plan, item.id, err) < 0)
			return -1;
		if (link_to(o, item.id, then ? &waiter : NULL, PLAN_SOFT, err) < 0)
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
	if (order_rest(o, CLASS_PING, 0, err) < 0 || order_removed_tags(o, catalog, err) < 0 ||
	    order_tags(o, err) < 0 || order_manifests(o, err) < 0 || order_referrers(o, err) < 0 ||
	    order_rest(o, CLASS_BLOB, 0, err) < 0 ||
	    order_rest(o, CLASS_FALLBACK_TAG, 0, err) < 0 ||
	    order_rest(o, CLASS_TAGS_LIST, catalog, err) < 0)
		return -1;
	return order_rest(o, CLASS_CATALOG, 0, err);
}

int publication_order_make(struct plan *plan, struct db *db, struct err *err)
{
	struct order o = {.plan = plan, .db = db, .past = DIGEST_MAP_INIT};
	int result = order_all(&o, err);

	digest_map_release(&o.past);
	return result < 0 ? -1 : plan_index_ranks(plan, err);
}
