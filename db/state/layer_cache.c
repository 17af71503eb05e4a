#include "db/state/layer_cache.h"

int layer_cache_get(struct db *db, const struct digest *diff_id, const char *recipe,
                    struct digest *blob, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(
		    &q, db, err,
		    "SELECT digest FROM layer_cache NATURAL JOIN blob WHERE diff_id = ?1 AND "
		    "recipe = ?2",
		    BIND_DIGEST(diff_id), BIND_TEXT(recipe)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0 && query_digest(&q, 0, blob, err) < 0)
		return -1;
	return got;
}

int layer_cache_put(struct db *db, const struct digest *diff_id, const char *recipe,
                    const struct digest *blob, struct err *err)
{
	return db_run(db, err,
	              "INSERT OR REPLACE INTO layer_cache (diff_id, recipe, digest) "
	              "VALUES (?1, ?2, ?3)",
	              BIND_DIGEST(diff_id), BIND_TEXT(recipe), BIND_DIGEST(blob));
}

int layer_cache_prune(struct db *db, struct err *err)
{
	return db_exec(db, "DELETE FROM layer_cache WHERE digest NOT IN (SELECT digest FROM blob)",
	               err);
}
