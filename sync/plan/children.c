#include "sync/plan/children.h"

#include <stdlib.h>
#include <string.h>

static int add(struct children *c, const struct digest *d, enum edge_role role, struct err *err)
{
	if (c->count == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct child *more = realloc(c->list, cap * sizeof(*more));

		if (!more)
			return err_memory(err);
		c->list = more;
		c->cap = cap;
	}
	c->list[c->count++] = (struct child){*d, role};
	return 0;
}

static int keep_edge(void *context, const struct edge_row *edge, struct err *err)
{
	if (!edge->present || edge->role == EDGE_SUBJECT)
		return 0;
	return add(context, &edge->child, edge->role, err);
}

static int keep_referrer(void *context, const struct manifest_row *row, struct err *err)
{
	return add(context, &row->digest, EDGE_MANIFEST, err);
}

int children_read(struct children *c, struct db *db, const struct digest *parent, struct err *err)
{
	return edges_each(db, parent, keep_edge, c, err) < 0 ? -1 : 0;
}

int children_read_referrers(struct children *c, struct db *db, const char *repo,
                            const struct digest *subject, struct err *err)
{
	return manifest_referrers(db, repo, subject, keep_referrer, c, err) < 0 ? -1 : 0;
}

void children_release(struct children *c)
{
	free(c->list);
	memset(c, 0, sizeof(*c));
}
