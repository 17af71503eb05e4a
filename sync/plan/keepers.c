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

/*
 * The next repository after `repo` ("" at first) that has keepers, and the range of its keys, in
 * which those of repositories nested below it lie too. 1, 0, -1.
 */
static int next_repo(struct plan *plan, char repo[REPO_MAX + 1], struct layout_range *keys,
                     struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, plan->db, err,
	                     "SELECT repo FROM keeper WHERE repo > ?1 ORDER BY repo LIMIT 1",
	                     BIND_TEXT(repo)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	(void)snprintf(repo, REPO_MAX + 1, "%s", query_text(&q, 0));
	(void)snprintf(keys->after, sizeof(keys->after), LAYOUT_PREFIX "%s/", repo);
	(void)snprintf(keys->until, sizeof(keys->until), LAYOUT_PREFIX "%s0", repo); /* '/' + 1 */
	return 1;
}

int keepers_trim(struct plan *plan, struct err *err)
{
	char repo[REPO_MAX + 1] = "";
	struct layout_range keys;
	int got;

	while ((got = next_repo(plan, repo, &keys, err)) > 0) {
		int removes = plan_has_removals(plan, &keys, err);

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
	struct layout_range keys;
	int got;

	while ((got = next_repo(plan, repo, &keys, err)) > 0)
		if (plan_drop_list_removals(plan, &keys, err) < 0)
			return -1;
	return got;
}
