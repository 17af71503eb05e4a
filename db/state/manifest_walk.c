#include "db/state/manifest_walk.h"

#include "base/array.h"
#include "base/stop.h"
#include "db/state/tag.h"

#include <stdlib.h>
#include <string.h>

/* Values of `seen`: bits, as the bytes of a manifest may be a layer elsewhere. */
enum { SEEN_BLOB = 1, SEEN_MANIFEST = 2 };

static int add(struct manifest_walk *w, struct walk_visit visit, enum walk_step step,
               struct err *err)
{
	if (array_room(&w->todo, w->count, &w->cap, err) < 0)
		return -1;
	visit.step = step;
	w->todo[w->count++] = visit;
	return 0;
}

/* What was added last would come first: turns what was added since there were `from`. */
static void put_in_order(struct manifest_walk *w, size_t from)
{
	for (size_t to = w->count; to > from + 1; from++) {
		struct walk_visit visit = w->todo[from];

		w->todo[from] = w->todo[--to];
		w->todo[to] = visit;
	}
}

struct finding {
	struct manifest_walk *walk;
	struct digest parent; /* a copy: the visit that it comes from moves with the array */
};

static int find_edge(void *context, const struct edge_row *edge, struct err *err)
{
	struct finding *f = context;
	struct walk_visit visit = {.digest = edge->child,
	                           .role = edge->role,
	                           .present = edge->present != 0,
	                           .parent = f->parent};

	if (edge->role == EDGE_SUBJECT || (!visit.present && !f->walk->absent))
		return 0;
	return add(f->walk, visit, WALK_ENTER, err);
}

static int find_referrer(void *context, const struct manifest_row *row, struct err *err)
{
	struct finding *f = context;
	struct walk_visit visit = {.digest = row->digest,
	                           .role = EDGE_MANIFEST,
	                           .present = true,
	                           .is_referrer = true,
	                           .parent = f->parent};

	return add(f->walk, visit, WALK_ENTER, err);
}

static int add_below(struct manifest_walk *w, const struct walk_visit *visit, struct err *err)
{
	struct finding f = {w, visit->digest};
	size_t from;

	if (stop_check(err) < 0 || add(w, *visit, WALK_LEAVE, err) < 0)
		return -1;
	from = w->count;
	if (edges_each(w->db, &visit->digest, find_edge, &f, err) < 0)
		return -1;
	put_in_order(w, from);
	return 0;
}

static int add_referrers(struct manifest_walk *w, const struct walk_visit *visit, struct err *err)
{
	struct finding f = {w, visit->digest};
	size_t from;

	if (add(w, *visit, WALK_DONE, err) < 0)
		return -1;
	from = w->count;
	if (w->repo &&
	    manifest_referrers(w->db, w->repo, &visit->digest, find_referrer, &f, err) < 0)
		return -1;
	put_in_order(w, from);
	return 0;
}

static int take_step(struct manifest_walk *w, struct walk_visit visit, struct err *err)
{
	uint32_t bit = visit.role == EDGE_MANIFEST ? SEEN_MANIFEST : SEEN_BLOB, seen = 0;
	int answer;

	if (visit.step == WALK_ENTER) {
		(void)digest_map_get(&w->seen, &visit.digest, &seen);
		if (seen & bit)
			visit.step = WALK_AGAIN;
		else if (digest_map_put(&w->seen, &visit.digest, seen | bit, err) < 0)
			return -1;
	}
	answer = w->fn ? w->fn(w->context, &visit, err) : WALK_INTO;
	if (answer != WALK_INTO || bit == SEEN_BLOB)
		return answer < 0 ? -1 : 0;
	if (visit.step == WALK_ENTER)
		return add_below(w, &visit, err);
	return visit.step == WALK_LEAVE ? add_referrers(w, &visit, err) : 0;
}

static int run(struct manifest_walk *w, struct err *err)
{
	int result = 0;

	while (result == 0 && w->count > 0)
		result = take_step(w, w->todo[--w->count], err);
	w->count = 0;
	return result;
}

static int add_root(struct manifest_walk *w, const struct digest *root, struct err *err)
{
	struct walk_visit visit = {.digest = *root, .role = EDGE_MANIFEST, .present = true};

	return add(w, visit, WALK_ENTER, err);
}

static int find_tag(void *context, const struct tag_row *row, struct err *err)
{
	return add_root(context, &row->digest, err);
}

int manifest_walk_from(struct manifest_walk *walk, const struct digest *root, struct err *err)
{
	return add_root(walk, root, err) < 0 ? -1 : run(walk, err);
}

int manifest_walk_tags(struct manifest_walk *walk, struct err *err)
{
	if (tag_each(walk->db, walk->repo, TAGS_LIVE, find_tag, walk, err) < 0)
		return -1;
	put_in_order(walk, 0);
	return run(walk, err);
}

void manifest_walk_release(struct manifest_walk *walk)
{
	digest_map_release(&walk->seen);
	free(walk->todo);
	memset(walk, 0, sizeof(*walk));
}
