#include "sync/plan/keepers.h"

#include <stdio.h>

const char KEEPERS_TABLE[] =
	"CREATE TABLE keeper (repo TEXT NOT NULL, key TEXT NOT NULL,"
	" was_read INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (repo, key)) WITHOUT ROWID;"
	"CREATE INDEX keeper_unread ON keeper (key) WHERE was_read = 0";

int keepers_add(struct plan *plan, const char *key, const char *repo, struct err *err)
{
	return db_run(plan->db, err, "INSERT OR IGNORE INTO keeper (repo, key) VALUES (?1, ?2)",
	              BIND_TEXT(repo), BIND_TEXT(key));
}

/* The next repository after `repo` ("" at first) that has keepers. 1, 0, -1. */
static int next_repo(struct plan *plan, char repo[REPO_MAX + 1], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT repo FROM keeper WHERE repo > ?1 ORDER BY repo LIMIT 1",
	                     BIND_TEXT(repo)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(repo, REPO_MAX + 1, "%s", query_text(&q, 0));
	return got;
}

typedef int range_fn(struct plan *plan, const struct layout_range *keys, struct err *err);

/*
 * Calls fn with each folder of the repository, and of none that is nested below it, until fn
 * returns anything but 0, which is returned.
 */
static int each_folder(struct plan *plan, const char *repo, range_fn *fn, struct err *err)
{
	struct layout_range keys;
	int result = 0;

	for (int folder = 0; folder <= LAYOUT_TAGS && result == 0; folder++) {
		layout_range(&keys, repo, (enum layout_folder)folder);
		result = fn(plan, &keys, err);
	}
	return result;
}

int keepers_trim(struct plan *plan, struct err *err)
{
	char repo[REPO_MAX + 1] = "";
	int got;

	while ((got = next_repo(plan, repo, err)) > 0) {
		int removes = each_folder(plan, repo, plan_has_removals, err);

		if (removes < 0 ||
		    (removes == 0 && db_run(plan->db, err, "DELETE FROM keeper WHERE repo = ?1",
		                            BIND_TEXT(repo)) < 0))
			return -1;
	}
	return got;
}

int keepers_next(struct plan *plan, char key[KEY_MAX], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, plan->db,
	                "SELECT repo, key FROM keeper WHERE was_read = 0 ORDER BY key LIMIT 1",
	                err) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	(void)snprintf(key, KEY_MAX, "%s", query_text(&q, 1));
	return db_run(plan->db, err, "UPDATE keeper SET was_read = 1 WHERE repo = ?1 AND key = ?2",
	              BIND_TEXT(query_text(&q, 0)), BIND_TEXT(key)) < 0
	               ? -1
	               : 1;
}

int keepers_keep_lists(struct plan *plan, struct err *err)
{
	char repo[REPO_MAX + 1] = "";
	int got;

	while ((got = next_repo(plan, repo, err)) > 0)
		if (each_folder(plan, repo, plan_drop_list_removals, err) < 0)
			return -1;
	return got;
}
