/* The part of plan.h that keeps what the bucket has beside the plan: foreign keys and parts. */
#include "sync/plan/plan.h"

#include <stdio.h>

int plan_extra_add(struct plan *plan, const struct key_parts *parts, const char *key,
                   const char *etag, uint64_t size_bytes, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "INSERT OR REPLACE INTO extra (key, class, repo, tag, etag, size) "
	                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, key);
	query_bind_int(&q, 2, parts->object_class);
	query_bind_text(&q, 3, parts->repo);
	query_bind_text(&q, 4, parts->tag);
	query_bind_text(&q, 5, etag);
	query_bind_int(&q, 6, (int64_t)size_bytes);
	return query_run(&q, err);
}

int plan_repo_add(struct plan *plan, const char *repo, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "INSERT OR IGNORE INTO there_repo (repo) VALUES (?1)", err) <
	    0)
		return -1;
	query_bind_text(&q, 1, repo);
	return query_run(&q, err);
}

static int each_name(struct query *q, plan_name_fn fn, void *context, struct err *err)
{
	int got;

	while ((got = query_step(q, err)) > 0) {
		int result = fn(context, query_text(q, 0), err);

		if (result != 0)
			return result;
	}
	return got;
}

int plan_repos_each(struct plan *plan, plan_name_fn fn, void *context, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT repo FROM there_repo ORDER BY repo", err) < 0)
		return -1;
	return each_name(&q, fn, context, err);
}

int plan_extra_tags_each(struct plan *plan, const char *repo, plan_name_fn fn, void *context,
                         struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "SELECT tag FROM extra WHERE repo = ?1 AND class = ?2 ORDER BY key",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, repo);
	query_bind_int(&q, 2, CLASS_TAG);
	return each_name(&q, fn, context, err);
}

int plan_extra_repo_next(struct plan *plan, char repo[REPO_MAX + 1], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, plan->db,
	                "SELECT repo FROM extra WHERE repo > ?1 AND class = ?2 ORDER BY repo "
	                "LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, repo);
	query_bind_int(&q, 2, CLASS_TAG);
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(repo, REPO_MAX + 1, "%s", query_text(&q, 0));
	return got;
}

int plan_part_put(struct plan *plan, int64_t item, uint32_t number, const char *etag,
                  struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "INSERT OR REPLACE INTO part_there (item, number, etag) "
	                "VALUES (?1, ?2, ?3)",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, item);
	query_bind_int(&q, 2, number);
	query_bind_text(&q, 3, etag);
	return query_run(&q, err);
}

int plan_parts_each(struct plan *plan, int64_t item, plan_part_fn fn, void *context,
                    struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, plan->db,
	                "SELECT number, etag FROM part_there WHERE item = ?1 ORDER BY number",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, item);
	while ((got = query_step(&q, err)) > 0) {
		int result = fn(context, (uint32_t)query_int(&q, 0), query_text(&q, 1), err);

		if (result != 0)
			return result;
	}
	return got;
}

int plan_keeper_add(struct plan *plan, const char *key, const char *repo, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "INSERT OR IGNORE INTO keeper (key, repo) VALUES (?1, ?2)",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, key);
	query_bind_text(&q, 2, repo);
	return query_run(&q, err);
}

/* Keys of one repository lie between these two. */
#define OF_REPO "plan.key > 'v2/' || keeper.repo || '/' AND plan.key < 'v2/' || keeper.repo || '0'"

int plan_keepers_begin(struct plan *plan, struct err *err)
{
	return db_exec(plan->db,
	               "DELETE FROM keeper WHERE NOT EXISTS (SELECT 1 FROM plan "
	               "WHERE " OF_REPO " AND +state = 9)",
	               err);
}

int plan_keeper_next(struct plan *plan, char key[KEY_MAX], struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	AUTO_QUERY struct query mark = QUERY_INIT;
	int got;

	if (query_start(&q, plan->db, "SELECT key FROM keeper WHERE was_read = 0 LIMIT 1", err) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	(void)snprintf(key, KEY_MAX, "%s", query_text(&q, 0));
	if (query_start(&mark, plan->db, "UPDATE keeper SET was_read = 1 WHERE key = ?1", err) < 0)
		return -1;
	query_bind_text(&mark, 1, key);
	return query_run(&mark, err) < 0 ? -1 : 1;
}

int plan_keep_lists(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db,
	                "DELETE FROM plan WHERE state = 9 AND class IN (?1, ?2, ?3) AND "
	                "EXISTS (SELECT 1 FROM keeper WHERE " OF_REPO ")",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, CLASS_REFERRERS);
	query_bind_int(&q, 2, CLASS_FALLBACK_TAG);
	query_bind_int(&q, 3, CLASS_TAGS_LIST);
	return query_run(&q, err);
}

int plan_changes(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT 1 FROM plan WHERE state IN (?1, ?2) LIMIT 1", err) <
	    0)
		return -1;
	query_bind_int(&q, 1, PLAN_WAITING);
	query_bind_int(&q, 2, PLAN_REMOVAL);
	return query_step(&q, err);
}

int64_t plan_count_removals(struct plan *plan, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "SELECT count(*) FROM plan WHERE state = 9", err) < 0 ||
	    query_step(&q, err) <= 0)
		return -1;
	return query_int(&q, 0);
}

int plan_start_removals(struct plan *plan, enum object_class object_class, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, plan->db, "UPDATE plan SET state = 0 WHERE state = 9 AND class = ?1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, object_class);
	return query_run(&q, err);
}
