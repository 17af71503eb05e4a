/*
 * Completes what one repository lacks and another has, as stage does when such a child comes later:
 * a sparse index, and beside it the image of the platform it lacks. A tree that was put together by
 * hand can be like that.
 */
#include "stage/tree/rescan_internal.h"

#include "db/state/manifest_walk.h"
#include "db/state/object.h"
#include "db/state/object_places.h"

#include <stdio.h>

struct filling {
	struct rescan *r;
	const char *repo; /* borrowed: the one that is being filled */
};

static int link_child(const struct filling *f, const struct digest *child,
                      enum object_class object_class, const char *key, struct err *err)
{
	struct db *db = f->r->root->db;
	struct object_row row;
	char twin[KEY_MAX], text[2 * KEY_MAX + 32];
	int got = object_with_digest(db, child, object_class, twin, err);

	if (got > 0)
		got = object_get(db, twin, &row, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_BUG, "rescan: nothing to link to %s", key);
	if (publication_link(f->r->publication, twin, key, err) < 0)
		return -1;
	if (object_class == CLASS_MANIFEST && digest_map_put(&f->r->linked, child, 1, err) < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%s was missing: linked to %s", key, twin);
	if (text_set_add(&f->r->told, text, err) < 0)
		return -1;
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.changed_at = 0;
	return object_put(db, &row, err);
}

/*
 * Children before parents, so that no reader finds a manifest that is not complete. What the
 * repository has is complete itself, or has its own turn.
 */
static int fill_visit(void *context, const struct walk_visit *visit, struct err *err)
{
	struct filling *f = context;
	bool manifest = visit->role == EDGE_MANIFEST;
	enum walk_step due = manifest ? WALK_LEAVE : WALK_ENTER;
	char key[KEY_MAX];
	int got;

	if (visit->parent.alg == DIGEST_NONE ||
	    (visit->step != WALK_ENTER && visit->step != WALK_LEAVE))
		return WALK_INTO;
	got = object_has(f->r->root->db,
	                 manifest ? layout_manifest(key, f->repo, &visit->digest)
	                          : layout_blob(key, f->repo, &visit->digest),
	                 err);
	if (got != 0)
		return got < 0 ? -1 : WALK_PAST;
	if (visit->step != due)
		return WALK_INTO;
	return link_child(f, &visit->digest, manifest ? CLASS_MANIFEST : CLASS_BLOB, key, err);
}

static int fill_at(void *context, const struct object_place *at, struct err *err)
{
	struct filling *f = context;
	struct manifest_walk walk = {.db = f->r->root->db, .fn = fill_visit, .context = f};
	struct key_parts parts;
	int result;

	if (at->object_class != CLASS_MANIFEST || !layout_parse(&parts, at->key))
		return 0;
	f->repo = parts.repo;
	result = manifest_walk_from(&walk, &at->digest, err);
	manifest_walk_release(&walk);
	return result;
}

int rescan_links(struct rescan *r, struct err *err)
{
	struct filling f = {.r = r};

	return r->unlinked ? object_places_walk(r->root->db, NULL, fill_at, &f, err) : 0;
}
