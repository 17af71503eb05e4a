#include "db/state/tag.h"

#include "base/layout.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COLUMNS "repo, name, digest, staged_at, removed_at"

static int read_row(struct query *q, struct tag_row *row, struct err *err)
{
	memset(row, 0, sizeof(*row));
	(void)snprintf(row->repo, sizeof(row->repo), "%s", query_text(q, 0));
	(void)snprintf(row->name, sizeof(row->name), "%s", query_text(q, 1));
	row->staged_at = query_int(q, 3);
	row->removed_at = query_int(q, 4);
	return query_digest(q, 2, &row->digest, err);
}

int tag_get(struct db *db, const char *repo, const char *name, struct tag_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT " COLUMNS " FROM tag WHERE repo = ?1 AND name = ?2",
	                     BIND_TEXT(repo), BIND_TEXT(name)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0 && read_row(&q, row, err) < 0)
		return -1;
	return got;
}

int tag_get_at(struct db *db, const char *key, struct tag_row *row, struct err *err)
{
	struct key_parts parts;

	if (!layout_parse(&parts, key) || parts.object_class != CLASS_TAG)
		return 0;
	return tag_get(db, parts.repo, parts.tag, row, err);
}

int tag_put(struct db *db, const char *repo, const char *name, const struct digest *d,
            struct err *err)
{
	return tag_put_since(db, repo, name, d, time(NULL), err);
}

int tag_put_since(struct db *db, const char *repo, const char *name, const struct digest *d,
                  int64_t staged_at, struct err *err)
{
	return db_run(db, err,
	              "INSERT INTO tag (repo, name, digest, staged_at) VALUES (?1, ?2, ?3, ?4) "
	              "ON CONFLICT (repo, name) DO UPDATE SET digest = excluded.digest, "
	              "staged_at = CASE WHEN digest = excluded.digest AND removed_at IS NULL "
	              "THEN staged_at ELSE excluded.staged_at END, removed_at = NULL "
	              "WHERE digest <> excluded.digest OR removed_at IS NOT NULL",
	              BIND_TEXT(repo), BIND_TEXT(name), BIND_DIGEST(d), BIND_INT(staged_at));
}

int tag_date(struct db *db, const char *repo, const char *name, int64_t staged_at, struct err *err)
{
	return db_run(db, err, "UPDATE tag SET staged_at = ?3 WHERE repo = ?1 AND name = ?2",
	              BIND_TEXT(repo), BIND_TEXT(name), BIND_INT(staged_at));
}

int tag_put_removed(struct db *db, const struct tag_row *row, int64_t removed_at, struct err *err)
{
	return db_run(db, err,
	              "INSERT INTO tag (repo, name, digest, staged_at, removed_at) "
	              "VALUES (?1, ?2, ?3, ?4, ?5)",
	              BIND_TEXT(row->repo), BIND_TEXT(row->name), BIND_DIGEST(&row->digest),
	              BIND_INT(row->staged_at), BIND_INT(removed_at));
}

int tag_remove(struct db *db, const char *repo, const char *name, struct err *err)
{
	return db_run(db, err,
	              "UPDATE tag SET removed_at = ?3 WHERE repo = ?1 AND name = ?2 AND "
	              "removed_at IS NULL",
	              BIND_TEXT(repo), BIND_TEXT(name), BIND_INT(time(NULL)));
}

int tag_forget(struct db *db, const char *repo, const char *name, struct err *err)
{
	return db_run(db, err,
	              "DELETE FROM tag WHERE repo = ?1 AND name = ?2 AND removed_at IS NOT NULL",
	              BIND_TEXT(repo), BIND_TEXT(name));
}

int tag_each(struct db *db, const char *repo, enum tag_life filter, tag_fn fn, void *context,
             struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	struct tag_row row;
	int got, result;

	if (query_start_with(&q, db, err,
	                     repo ? "SELECT " COLUMNS
	                            " FROM tag WHERE (removed_at IS NULL) = ?1 AND "
	                            "repo = ?2 ORDER BY repo, name"
	                          : "SELECT " COLUMNS " FROM tag WHERE (removed_at IS NULL) = ?1 "
	                            "ORDER BY repo, name",
	                     BIND_INT(filter == TAGS_LIVE)) < 0)
		return -1;
	if (repo)
		query_bind_text(&q, 2, repo);
	while ((got = query_step(&q, err)) > 0) {
		if (read_row(&q, &row, err) < 0)
			return -1;
		result = fn(context, &row, err);
		if (result)
			return result;
	}
	return got;
}

/* The first repository that has a key after `after`: a skip scan over the key index. */
static int next_repo(struct db *db, const char *after, struct key_parts *parts, struct err *err)
{
	char key[KEY_MAX];
	int got;

	(void)snprintf(key, sizeof(key), "%s", after);
	for (;;) {
		AUTO_QUERY struct query q = QUERY_INIT;

		if (query_start(&q, db,
		                "SELECT key FROM object WHERE key > ?1 ORDER BY key LIMIT 1",
		                err) < 0)
			return -1;
		query_bind_text(&q, 1, key);
		got = query_step(&q, err);
		if (got <= 0)
			return got;
		(void)snprintf(key, sizeof(key), "%s", query_text(&q, 0));
		if (layout_parse(parts, key) && parts->repo[0])
			return 1;
	}
}

static int each_repo_with(struct db *db, enum layout_folder reported, repo_fn fn, void *context,
                          struct err *err)
{
	struct layout_range range = {.until = ""};
	struct key_parts parts;
	int got;

	/*
	 * The keys of one folder of a repository are contiguous, so each folder costs one look-up.
	 * Another repository may lie between two folders (v2/a/blobs, v2/a/c/…, v2/a/manifests);
	 * each is reported once, at one of its folders.
	 */
	while ((got = next_repo(db, range.until, &parts, err)) > 0) {
		enum layout_folder folder = layout_folder_of(parts.object_class);
		int result = folder == reported ? fn(context, parts.repo, err) : 0;

		if (result)
			return result;
		layout_range(&range, parts.repo, folder);
	}
	return got;
}

int repo_each(struct db *db, repo_fn fn, void *context, struct err *err)
{
	return each_repo_with(db, LAYOUT_MANIFESTS, fn, context, err);
}

int repo_each_with_blobs(struct db *db, repo_fn fn, void *context, struct err *err)
{
	return each_repo_with(db, LAYOUT_BLOBS, fn, context, err);
}
