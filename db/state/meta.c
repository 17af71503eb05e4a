#include "db/state/meta.h"

#include <stdio.h>

int meta_get(struct db *db, const char *name, char *value, size_t cap, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, db, "SELECT value FROM meta WHERE name = ?1", err) < 0)
		return -1;
	query_bind_text(&q, 1, name);
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(value, cap, "%s", query_text(&q, 0));
	return got;
}

int meta_set(struct db *db, const char *name, const char *value, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db, "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", err) <
	    0)
		return -1;
	query_bind_text(&q, 1, name);
	query_bind_text(&q, 2, value);
	return query_run(&q, err);
}

int meta_clear(struct db *db, const char *name, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db, "DELETE FROM meta WHERE name = ?1", err) < 0)
		return -1;
	query_bind_text(&q, 1, name);
	return query_run(&q, err);
}
