/* Reads manifests: types, facts, edges, completeness; and layers, for layer_cache. */
#include "stage/tree/rescan_internal.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/stop.h"
#include "db/state/blob.h"
#include "db/state/manifest.h"
#include "db/state/object.h"
#include "db/state/object_places.h"
#include "stage/blob/layer_blob.h"
#include "stage/document/config.h"
#include "stage/document/docker_manifest.h"
#include "stage/image/import.h"
#include "stage/image/node.h"
#include "stage/tree/layer_origin.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A manifest that is being looked at. */
struct candidate {
	struct rescan *r;
	struct manifest doc;
	struct node node;
	struct str texts; /* the node's */
	bool made_here;   /* the manifest, of a docker-archive: its layers were checked then */
};

static int read_object(struct rescan *r, const struct digest *digest,
                       enum object_class object_class, struct str *text, char key[KEY_MAX],
                       struct err *err)
{
	int got = object_with_digest(r->root->db, digest, object_class, key, err);

	if (got <= 0)
		return got < 0 ? -1 : err_set(err, ERR_BUG, "rescan: a manifest has gone");
	return rescan_text(r, key, text, err);
}

/* --- what it refers to --------------------------------------------------------------------- */

/* A child is there when any repository has it. Its size must be the one that is promised. */
static int find_in_tree(void *context, struct node *node, const struct descriptor *d,
                        struct edge *edge, const char *path, struct err *err)
{
	const struct rescan *r = context;
	struct blob_row blob;
	char key[KEY_MAX];
	int got = object_with_digest(r->root->db, &d->digest,
	                             edge->role == EDGE_MANIFEST ? CLASS_MANIFEST : CLASS_BLOB, key,
	                             err);

	(void)node;
	if (got > 0)
		got = blob_get(r->root->db, &d->digest, &blob, err);
	if (got > 0 && blob.size_bytes != d->size_bytes)
		return err_set(err, ERR_INTEGRITY,
		               "%s: %s has %" PRIu64 " bytes, the descriptor says %" PRIu64, path,
		               key, blob.size_bytes, d->size_bytes);
	edge->present = got > 0;
	return got < 0 ? -1 : 0;
}

static int check_complete(const struct node *node, struct err *err)
{
	char text[DIGEST_TEXT_MAX];

	if (node->complete)
		return 0;
	if (node->kind != MANIFEST_INDEX)
		return err_set(err, ERR_INTEGRITY, "is not complete: %s", node->lacks);
	return err_set(err, ERR_INTEGRITY,
	               "is not complete: no manifest of the index is there, the first is %s",
	               digest_text(&node->lacking, text));
}

/* --- what its config says ------------------------------------------------------------------ */

enum {
	PROVED_FOREIGN = 1, /* was not compressed here, and not found to hold what a config says */
	PROVED,             /* what there is to know is in the cache */
};

/* Which plain bytes a layer was compressed from, if that was done here: PROVED or not, or -1. */
static int prove_layer(struct rescan *r, const struct digest *layer, const char *key,
                       struct err *err)
{
	struct digest plain;
	struct recipe recipe;
	int got = layer_origin(r->root->dir, key, &recipe, &plain, err);

	if (got > 0 && layer_blob_put(r->root, &plain, recipe, layer, err) < 0)
		return -1;
	if (got < 0)
		return -1;
	return got ? PROVED : PROVED_FOREIGN;
}

/* A layer that came compressed into an archive whose manifest was made here: does it hold that? */
static int prove_kept(struct rescan *r, const struct digest *layer, const char *key,
                      const struct digest *diff_id, struct err *err)
{
	int got = layer_origin_holds(r->root->dir, key, diff_id, err);

	if (got > 0 && layer_blob_put(r->root, diff_id, RECIPE_AS_KEPT, layer, err) < 0)
		return -1;
	if (got < 0)
		return -1;
	return got ? PROVED : PROVED_FOREIGN;
}

static int look_at_layer(const struct candidate *c, const struct digest *layer,
                         const struct digest *diff_id, struct err *err)
{
	struct rescan *r = c->r;
	uint32_t before = 0;
	char key[KEY_MAX];
	int state;

	if (digest_map_get(&r->proved, layer, &before) && (before == PROVED || !c->made_here))
		return 0;
	state = object_with_digest(r->root->db, layer, CLASS_BLOB, key, err);
	if (state <= 0)
		return state;
	state = before ? (int)before : prove_layer(r, layer, key, err);
	if (state == PROVED_FOREIGN && c->made_here)
		state = prove_kept(r, layer, key, diff_id, err);
	return state < 0 ? -1 : digest_map_put(&r->proved, layer, (uint32_t)state, err);
}

/* The config is the first edge; without one diff_id for each layer they are no layers of ours. */
static int look_at_layers(const struct candidate *c, const struct image_config *image,
                          struct err *err)
{
	if (image->diff_id_count != manifest_child_count(&c->doc))
		return 0;
	for (size_t i = 0; i < image->diff_id_count; i++)
		if (c->node.edges[i + 1].present &&
		    look_at_layer(c, &c->node.edges[i + 1].child, &image->diff_ids[i], err) < 0)
			return -1;
	return 0;
}

static int read_config(struct candidate *c, struct err *err)
{
	const struct json_limits *limits = &c->r->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	struct image_config image = IMAGE_CONFIG_INIT;
	char key[KEY_MAX];
	int result;

	if (c->doc.kind != MANIFEST_IMAGE || !c->node.edges[0].present ||
	    !image_config_is_known(c->doc.config.media_type))
		return 0;
	if (read_object(c->r, &c->doc.config.digest, CLASS_BLOB, &text, key, err) < 0 ||
	    image_config_read(&image, str_text(&text), text.len, limits, err) < 0)
		return err_context(err, "config");
	(void)platform_text(&image.platform, c->node.platform);
	result = look_at_layers(c, &image, err);
	image_config_release(&image);
	return result;
}

/* --- what becomes of it -------------------------------------------------------------------- */

static int drop_key(struct candidate *c, const char *key, struct err *err)
{
	c->r->dropped++;
	return object_delete(c->r->root->db, key, err);
}

static int drop_from(void *context, const char *repo, struct err *err)
{
	struct candidate *c = context;
	char key[KEY_MAX];

	return drop_key(c, layout_manifest(key, repo, &c->node.digest), err);
}

/*
 * What is present anywhere must be in each repository that has the parent (db/state/manifest.h):
 * where nothing is in its place rescan_links puts it there, but what has rotted was told and stays.
 */
static int check_repo(struct candidate *c, const char *repo, struct err *err)
{
	char key[KEY_MAX];
	struct stat st;

	for (uint32_t i = 0; i < c->node.edge_count; i++) {
		const struct edge *edge = &c->node.edges[i];
		int got;

		if (!edge->present)
			continue;
		got = object_has(c->r->root->db,
		                 edge->role == EDGE_MANIFEST
		                         ? layout_manifest(key, repo, &edge->child)
		                         : layout_blob(key, repo, &edge->child),
		                 err);
		if (got < 0)
			return -1;
		if (got)
			continue;
		if (fstatat(c->r->root->dir, key, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
			return err_set(err, ERR_INTEGRITY, "is not complete: %s is missing", key);
		c->r->unlinked = true;
	}
	return 0;
}

static int settle_in(void *context, const char *repo, struct err *err)
{
	struct candidate *c = context;
	struct object_row row;
	char key[KEY_MAX];

	(void)layout_manifest(key, repo, &c->node.digest);
	if (check_repo(c, repo, err) < 0) {
		(void)err_context(err, "%s", key);
		return rescan_tell_bad(c->r, err) < 0 ? -1 : drop_key(c, key, err);
	}
	if (object_get(c->r->root->db, key, &row, err) <= 0)
		return err_context(err, "%s", key);
	(void)snprintf(row.content_type, sizeof(row.content_type), "%s", c->doc.media_type);
	return object_put(c->r->root->db, &row, err);
}

static int read_candidate(struct candidate *c, struct err *err)
{
	const struct json_limits *limits = &c->r->limits.manifest;
	AUTO_STR struct str text = STR_INIT(limits->max_bytes);
	char key[KEY_MAX];
	int got;

	if (read_object(c->r, &c->node.digest, CLASS_MANIFEST, &text, key, err) < 0)
		return -1;
	if (manifest_read(&c->doc, str_text(&text), text.len, NULL, limits, err) < 0)
		return err_context(err, "%s", key);
	got = docker_manifest_is_own(&c->doc, &text, err);
	if (got < 0)
		return -1;
	c->made_here = got;
	if (node_read(&c->node, &c->doc, find_in_tree, c->r, err) < 0 ||
	    check_complete(&c->node, err) < 0 || read_config(c, err) < 0)
		return err_context(err, "%s", key);
	return 0;
}

/* One look at every manifest. */
struct pass {
	struct rescan *r;
	struct digest
		last; /* that was settled: a manifest is looked at once for all repositories */
};

static int settle(struct rescan *r, const struct digest *digest, struct err *err)
{
	struct candidate c = {.r = r,
	                      .node = {.digest = *digest, .texts = &c.texts},
	                      .texts = STR_INIT(r->limits.manifest.max_bytes)};
	int result;

	if (read_candidate(&c, err) < 0) {
		result = rescan_tell_bad(r, err);
		if (result == 0)
			result = object_places_each(r->root->db, digest, CLASS_MANIFEST, drop_from,
			                            &c, err);
	} else {
		result =
			object_places_each(r->root->db, digest, CLASS_MANIFEST, settle_in, &c, err);
		if (result == 0)
			result = node_record(&c.node, r->root->db, err);
	}
	node_release(&c.node);
	str_release(&c.texts);
	manifest_release(&c.doc);
	return result;
}

static int settle_next(void *context, const struct object_place *at, struct err *err)
{
	struct pass *pass = context;

	if (at->object_class != CLASS_MANIFEST || digest_equal(&at->digest, &pass->last))
		return 0;
	pass->last = at->digest;
	return stop_check(err) < 0 ? -1 : settle(pass->r, &at->digest, err);
}

/* Rows of manifests that no repository has any more, after one was dropped. */
static int forget_dropped(struct rescan *r, struct err *err)
{
	static const char gone[] = "NOT IN (SELECT digest FROM object WHERE class = 3)";
	char sql[160];

	_Static_assert(CLASS_MANIFEST == 3, "the class in the statement");
	(void)snprintf(sql, sizeof(sql), "DELETE FROM edge WHERE parent %s", gone);
	if (db_exec(r->root->db, sql, err) < 0)
		return -1;
	(void)snprintf(sql, sizeof(sql), "DELETE FROM manifest WHERE digest %s", gone);
	if (db_exec(r->root->db, sql, err) < 0)
		return -1;
	return db_exec(r->root->db,
	               "DELETE FROM blob WHERE digest NOT IN (SELECT digest FROM object)", err);
}

/* A manifest that is dropped may leave its parents incomplete: until nothing is dropped. */
int rescan_manifests(struct rescan *r, struct err *err)
{
	do {
		struct pass pass = {r, {.alg = DIGEST_NONE}};

		r->dropped = 0;
		if (object_places_walk(r->root->db, NULL, settle_next, &pass, err) < 0)
			return -1;
	} while (r->dropped > 0);
	return forget_dropped(r, err);
}
