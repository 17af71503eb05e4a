/*
 * The part of rescan that completes what one repository lacks and another has, as stage does when
 * such a child comes later: a sparse index, and beside it the image of the platform it lacks. A
 * tree that was put together by hand can be like that.
 */
#include "stage/tree/rescan_internal.h"

#include "base/stop.h"
#include "db/root/publication.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/object_places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

struct filling {
	struct rescan *r;
	struct publication *publication;
	const char *repo; /* borrowed */
};

static const char *child_key(const struct filling *f, const struct edge_row *edge,
                             char key[KEY_MAX])
{
	return edge->role == EDGE_MANIFEST ? layout_manifest(key, f->repo, &edge->child)
	                                   : layout_blob(key, f->repo, &edge->child);
}

/* A step that cannot be done would keep everybody from the root: a folder is not replaced. */
static int check_room(const struct filling *f, const char *key, struct err *err)
{
	struct stat st;

	if (fstatat(f->r->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, ERR_INTEGRITY, "%s is a folder: remove it", key);
	return 0;
}

static int link_child(const struct filling *f, const struct edge_row *edge, const char *key,
                      struct err *err)
{
	enum object_class object_class = edge->role == EDGE_MANIFEST ? CLASS_MANIFEST : CLASS_BLOB;
	struct db *db = f->r->root->db;
	struct object_row row;
	char twin[KEY_MAX];
	int got = object_with_digest(db, &edge->child, object_class, twin, err);

	if (got > 0)
		got = object_get(db, twin, &row, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_BUG, "rescan: nothing to link to %s", key);
	if (check_room(f, key, err) < 0 || publication_link(f->publication, twin, key, err) < 0)
		return -1;
	event_note(f->r->sink, "%s was missing: linked to %s", key, twin);
	(void)snprintf(row.key, sizeof(row.key), "%s", key);
	row.changed_at = 0;
	return object_put(db, &row, err);
}

/* Children before parents, so that no reader finds a manifest that is not complete. */
static int fill_edge(void *context, const struct edge_row *edge, struct err *err)
{
	struct filling *f = context;
	char key[KEY_MAX];
	int got;

	if (!edge->present || edge->role == EDGE_SUBJECT)
		return 0;
	got = object_has(f->r->root->db, child_key(f, edge, key), err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if (edge->role == EDGE_MANIFEST &&
	    edges_each(f->r->root->db, &edge->child, fill_edge, f, err) < 0)
		return -1;
	return link_child(f, edge, key, err);
}

/* What is linked is complete itself: it need not be looked at again. */
static int fill_at(void *context, const struct object_place *at, struct err *err)
{
	struct filling *f = context;
	struct key_parts parts;

	if (stop_check(err) < 0)
		return -1;
	if (at->object_class != CLASS_MANIFEST || !layout_parse(&parts, at->key))
		return 0;
	f->repo = parts.repo;
	return edges_each(f->r->root->db, &at->digest, fill_edge, f, err);
}

int rescan_links(struct rescan *r, struct err *err)
{
	struct filling f = {.r = r};

	if (!r->unlinked)
		return 0;
	f.publication = publication_begin(r->root, err);
	if (!f.publication)
		return -1;
	if (object_places_walk(r->root->db, NULL, fill_at, &f, err) < 0) {
		publication_abandon(f.publication);
		return -1;
	}
	return publication_finish(f.publication, err);
}
