#include "db/state/manifest.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS "m.digest, m.media_type, m.artifact_type, m.annotations, m.subject, m.platform"

int manifest_put(struct db *db, const struct manifest_row *row, struct err *err)
{
	return db_run(db, err,
	              "INSERT OR REPLACE INTO manifest (digest, media_type, artifact_type, "
	              "annotations, subject, platform) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	              BIND_DIGEST(&row->digest), BIND_TEXT(row->media_type),
	              BIND_TEXT(row->artifact_type), BIND_TEXT(row->annotations),
	              BIND_DIGEST(&row->subject), BIND_TEXT(row->platform));
}

int manifest_has(struct db *db, const struct digest *d, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err, "SELECT 1 FROM manifest WHERE digest = ?1",
	                     BIND_DIGEST(d)) < 0)
		return -1;
	return query_step(&q, err);
}

static int delete_edges(struct db *db, const struct digest *parent, struct err *err)
{
	return db_run(db, err, "DELETE FROM edge WHERE parent = ?1", BIND_DIGEST(parent));
}

int manifest_delete(struct db *db, const struct digest *d, struct err *err)
{
	if (delete_edges(db, d, err) < 0)
		return -1;
	return db_run(db, err, "DELETE FROM manifest WHERE digest = ?1", BIND_DIGEST(d));
}

static const char *text_or_null(struct query *q, int column)
{
	return query_is_null(q, column) ? NULL : query_text(q, column);
}

/* Calls fn for each row; 0 at the end, else what stopped it. *seen counts the rows. */
static int walk(struct query *q, manifest_fn fn, void *context, int *seen, struct err *err)
{
	int got, result;

	while ((got = query_step(q, err)) > 0) {
		struct manifest_row row = {
			.media_type = query_text(q, 1),
			.artifact_type = text_or_null(q, 2),
			.annotations = text_or_null(q, 3),
			.platform = text_or_null(q, 5),
		};

		if (query_digest(q, 0, &row.digest, err) < 0 ||
		    query_digest(q, 4, &row.subject, err) < 0)
			return -1;
		++*seen;
		result = fn(context, &row, err);
		if (result)
			return result;
	}
	return got;
}

int manifest_get(struct db *db, const struct digest *d, manifest_fn fn, void *context,
                 struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int seen = 0, result;

	if (query_start_with(&q, db, err, "SELECT " COLUMNS " FROM manifest m WHERE m.digest = ?1",
	                     BIND_DIGEST(d)) < 0)
		return -1;
	result = walk(&q, fn, context, &seen, err);
	return result ? result : seen;
}

int manifest_each(struct db *db, manifest_fn fn, void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int seen = 0;

	if (query_start(&q, db, "SELECT " COLUMNS " FROM manifest m ORDER BY m.digest", err) < 0)
		return -1;
	return walk(&q, fn, context, &seen, err);
}

int manifest_referrers(struct db *db, const char *repo, const struct digest *d, manifest_fn fn,
                       void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	char prefix[KEY_MAX];
	int seen = 0;

	/* The manifest's key: it is one look-up, however many repositories have the manifest. */
	if (query_start_with(&q, db, err,
	                     repo ? "SELECT " COLUMNS
	                            " FROM manifest m WHERE m.subject = ?1 AND EXISTS "
	                            "(SELECT 1 FROM object o WHERE o.key = ?2 || "
	                            "CASE substr(hex(m.digest), 1, 2) WHEN '01' THEN 'sha256:' "
	                            "ELSE 'sha512:' END || lower(substr(hex(m.digest), 3))) "
	                            "ORDER BY m.digest"
	                          : "SELECT " COLUMNS " FROM manifest m WHERE m.subject = ?1 "
	                            "ORDER BY m.digest",
	                     BIND_DIGEST(d)) < 0)
		return -1;
	if (repo)
		query_bind_text(&q, 2, layout_folder(prefix, repo, LAYOUT_MANIFESTS));
	return walk(&q, fn, context, &seen, err);
}

int edges_put(struct db *db, const struct digest *parent, const struct edge_row *edges,
              size_t count, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (delete_edges(db, parent, err) < 0 ||
	    query_start(&q, db,
	                "INSERT INTO edge (parent, position, child, role, present, size, platform) "
	                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	                err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		query_bind_digest(&q, 1, parent);
		query_bind_int(&q, 2, (int64_t)i);
		query_bind_digest(&q, 3, &edges[i].child);
		query_bind_int(&q, 4, edges[i].role);
		query_bind_int(&q, 5, edges[i].present != 0);
		query_bind_int(&q, 6, (int64_t)edges[i].size_bytes);
		query_bind_text(&q, 7, edges[i].platform[0] ? edges[i].platform : NULL);
		if (query_run(&q, err) < 0)
			return -1;
		query_again(&q);
	}
	return 0;
}

static int walk_edges(struct query *q, edge_fn fn, void *context, struct err *err)
{
	int got, result;

	while ((got = query_step(q, err)) > 0) {
		struct edge_row edge;

		memset(&edge, 0, sizeof(edge));
		if (query_digest(q, 0, &edge.child, err) < 0)
			return -1;
		edge.role = (enum edge_role)query_int(q, 1);
		edge.present = (int)query_int(q, 2);
		edge.size_bytes = (uint64_t)query_int(q, 3);
		(void)snprintf(edge.platform, sizeof(edge.platform), "%s", query_text(q, 4));
		result = fn(context, &edge, err);
		if (result)
			return result;
	}
	return got;
}

int edges_each(struct db *db, const struct digest *parent, edge_fn fn, void *context,
               struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(
		    &q, db, err,
		    "SELECT child, role, present, size, platform FROM edge WHERE parent = ?1 "
		    "ORDER BY position",
		    BIND_DIGEST(parent)) < 0)
		return -1;
	return walk_edges(&q, fn, context, err);
}

int edges_parents(struct db *db, const struct digest *child, int present, edge_fn fn, void *context,
                  struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err,
	                     "SELECT DISTINCT parent, role, present, size, platform FROM edge "
	                     "WHERE child = ?1 AND present = ?2 ORDER BY parent",
	                     BIND_DIGEST(child), BIND_INT(present != 0)) < 0)
		return -1;
	return walk_edges(&q, fn, context, err);
}

int edges_set_present(struct db *db, const struct digest *child, int present, struct err *err)
{
	return db_run(db, err, "UPDATE edge SET present = ?2 WHERE child = ?1", BIND_DIGEST(child),
	              BIND_INT(present != 0));
}
