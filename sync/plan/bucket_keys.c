#include "sync/plan/bucket_keys.h"

#include <stdio.h>

const char BUCKET_KEYS_TABLES[] =
	"CREATE TABLE bucket_tag (repo TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (repo, tag))"
	" WITHOUT ROWID;"
	"CREATE TABLE bucket_repo (repo TEXT PRIMARY KEY) WITHOUT ROWID";

int bucket_keys_add_tag(struct plan *plan, const char *repo, const char *tag, struct err *err)
{
	return db_run(plan->db, err, "INSERT OR IGNORE INTO bucket_tag (repo, tag) VALUES (?1, ?2)",
	              BIND_TEXT(repo), BIND_TEXT(tag));
}

int bucket_keys_add_repo(struct plan *plan, const char *repo, struct err *err)
{
	return db_run(plan->db, err, "INSERT OR IGNORE INTO bucket_repo (repo) VALUES (?1)",
	              BIND_TEXT(repo));
}

static int each_name(struct query *q, bucket_keys_fn *fn, void *context, struct err *err)
{
	int got, result = 0;

	while (result == 0 && (got = query_step(q, err)) > 0)
		result = fn(context, query_text(q, 0), err);
	return result != 0 ? result : got;
}

int bucket_keys_each_repo(struct plan *plan, bucket_keys_fn *fn, void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT repo FROM bucket_repo ORDER BY repo", err) < 0)
		return -1;
	return each_name(&q, fn, context, err);
}

int bucket_keys_each_tag(struct plan *plan, const char *repo, bucket_keys_fn *fn, void *context,
                         struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT tag FROM bucket_tag WHERE repo = ?1 ORDER BY tag",
	                     BIND_TEXT(repo)) < 0)
		return -1;
	return each_name(&q, fn, context, err);
}

int bucket_keys_next_tagged(struct plan *plan, char repo[REPO_MAX + 1], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT repo FROM bucket_tag WHERE repo > ?1 ORDER BY repo LIMIT 1",
	                     BIND_TEXT(repo)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(repo, REPO_MAX + 1, "%s", query_text(&q, 0));
	return got;
}
