#include "stage/tree/reachable.h"

#include "base/stop.h"
#include "db/state/manifest.h"
#include "db/state/tag.h"

#include <stdlib.h>

struct reach {
	struct digest_map *live; /* borrowed */
	struct digest *todo;     /* owned: manifests whose edges are yet to be followed */
	size_t count, cap;
};

static int add_manifest(struct reach *r, const struct digest *digest, struct err *err)
{
	uint32_t ignored;

	if (digest_map_get(r->live, digest, &ignored))
		return 0;
	if (r->count == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct digest *todo = realloc(r->todo, cap * sizeof(*todo));

		if (!todo)
			return err_memory(err);
		r->todo = todo;
		r->cap = cap;
	}
	r->todo[r->count++] = *digest;
	return digest_map_put(r->live, digest, 1, err);
}

static int on_tag(void *context, const struct tag_row *row, struct err *err)
{
	return add_manifest(context, &row->digest, err);
}

static int on_edge(void *context, const struct edge_row *edge, struct err *err)
{
	struct reach *r = context;

	if (edge->role == EDGE_SUBJECT)
		return 0;
	if (edge->role == EDGE_MANIFEST)
		return add_manifest(r, &edge->child, err);
	return digest_map_put(r->live, &edge->child, 1, err);
}

static int on_referrer(void *context, const struct manifest_row *row, struct err *err)
{
	return add_manifest(context, &row->digest, err);
}

int reachable_in_repo(struct db *db, const char *repo, struct digest_map *live, struct err *err)
{
	struct reach r = {live, NULL, 0, 0};
	int result = tag_each(db, repo, TAGS_LIVE, on_tag, &r, err);

	while (result >= 0 && r.count > 0) {
		struct digest digest = r.todo[--r.count];

		result = stop_check(err);
		if (result == 0)
			result = edges_each(db, &digest, on_edge, &r, err);
		if (result == 0)
			result = manifest_referrers(db, repo, &digest, on_referrer, &r, err);
	}
	free(r.todo);
	return result < 0 ? -1 : 0;
}
