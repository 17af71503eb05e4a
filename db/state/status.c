#include "db/state/status.h"

#include "db/state/kept_tag.h"
#include "db/state/manifest.h"
#include "db/state/run.h"
#include "db/state/tag.h"

static int repo_counted(void *context, const char *repo, struct err *err)
{
	uint64_t *count = context;

	(void)repo;
	(void)err;
	++*count;
	return 0;
}

int status_totals(struct db *db, struct status_totals *totals, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	*totals = (struct status_totals){0, 0, 0, 0};
	if (query_start(&q, db,
	                "SELECT (SELECT count(*) FROM tag WHERE removed_at IS NULL), "
	                "(SELECT count(*) FROM object), (SELECT coalesce(sum(size), 0) FROM blob)",
	                err) < 0 ||
	    query_step(&q, err) < 0)
		return -1;
	totals->tags = (uint64_t)query_int(&q, 0);
	totals->objects = (uint64_t)query_int(&q, 1);
	totals->bytes = (uint64_t)query_int(&q, 2);
	return repo_each(db, repo_counted, &totals->repos, err);
}

static int count_uploads(struct db *db, int64_t remote, struct status_waiting *waiting,
                         struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(
		    &q, db, err,
		    "SELECT count(*), coalesce(sum(size), 0), coalesce(sum((SELECT sum(p.size) "
		    "FROM upload_part p WHERE p.upload = u.id)), 0) FROM upload u "
		    "WHERE remote = ?1",
		    BIND_INT(remote)) < 0)
		return -1;
	if (query_step(&q, err) < 0)
		return -1;
	waiting->uploads = (uint64_t)query_int(&q, 0);
	waiting->upload_bytes = (uint64_t)query_int(&q, 1);
	waiting->upload_done_bytes = (uint64_t)query_int(&q, 2);
	return 0;
}

/*
 * When the last sync of everything with status 0 began, or 0. What did not change since then was in
 * the bucket, sent by this root or by another.
 */
static int last_success(struct db *db, int64_t remote, int64_t *started_at, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(
		    &q, db, err,
		    "SELECT coalesce(max(started_at), 0) FROM run WHERE command = '" RUN_SYNC
		    "' AND remote = ?1 AND status = 0",
		    BIND_INT(remote)) < 0)
		return -1;
	if (query_step(&q, err) < 0)
		return -1;
	*started_at = query_int(&q, 0);
	return 0;
}

int status_waiting(struct db *db, int64_t remote, struct status_waiting *waiting, struct err *err)
{
	AUTO_QUERY struct query objects = QUERY_INIT;
	AUTO_QUERY struct query tags = QUERY_INIT;
	int64_t since;

	*waiting = (struct status_waiting){0};
	if (last_success(db, remote, &since, err) < 0 ||
	    query_start(&objects, db,
	                "SELECT count(*), coalesce(sum(o.size), 0) FROM object o LEFT JOIN "
	                "remote_object r ON r.remote = ?1 AND r.key = o.key "
	                "WHERE o.changed_at >= ?2 AND (r.key IS NULL OR r.digest <> o.digest)",
	                err) < 0)
		return -1;
	query_bind_int(&objects, 1, remote);
	query_bind_int(&objects, 2, since);
	if (query_step(&objects, err) < 0)
		return -1;
	waiting->objects = (uint64_t)query_int(&objects, 0);
	waiting->bytes = (uint64_t)query_int(&objects, 1);
	if (query_start_with(&tags, db, err,
	                     "SELECT count(*) FROM tag t JOIN remote_object r ON r.remote = ?1 AND "
	                     "r.key = 'v2/' || t.repo || '/manifests/' || t.name "
	                     "WHERE t.removed_at IS NOT NULL",
	                     BIND_INT(remote)) < 0)
		return -1;
	if (query_step(&tags, err) < 0)
		return -1;
	waiting->tombstones = (uint64_t)query_int(&tags, 0);
	return kept_tag_count(db, remote, &waiting->kept, err) < 0
	               ? -1
	               : count_uploads(db, remote, waiting, err);
}

int status_remotes(struct db *db, status_remote_fn fn, void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got, result;

	if (query_start(
		    &q, db,
		    "SELECT id, endpoint, bucket, prefix, synced_at FROM remote m WHERE EXISTS "
		    "(SELECT 1 FROM run WHERE remote = m.id AND status IN (0, 3)) OR EXISTS "
		    "(SELECT 1 FROM remote_object WHERE remote = m.id) OR EXISTS "
		    "(SELECT 1 FROM upload WHERE remote = m.id) ORDER BY endpoint, bucket, prefix",
		    err) < 0)
		return -1;
	while ((got = query_step(&q, err)) > 0) {
		result = fn(context, query_int(&q, 0), query_text(&q, 1), query_text(&q, 2),
		            query_text(&q, 3), query_int(&q, 4), err);
		if (result)
			return result;
	}
	return got;
}

int status_image_bytes(struct db *db, const struct digest *d, uint64_t *bytes, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(
		    &q, db, err,
		    "WITH RECURSIVE reached(digest) AS (VALUES (?1) UNION SELECT e.child FROM "
		    "edge e JOIN reached r ON e.parent = r.digest WHERE e.present = 1 AND "
		    "e.role <> ?2) SELECT coalesce(sum(size), 0) FROM reached NATURAL JOIN blob",
		    BIND_DIGEST(d), BIND_INT(EDGE_SUBJECT)) < 0)
		return -1;
	if (query_step(&q, err) < 0)
		return -1;
	*bytes = (uint64_t)query_int(&q, 0);
	return 0;
}
