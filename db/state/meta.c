#include "db/state/meta.h"

#include <stdio.h>

int meta_get(struct db *db, const char *name, char *value, size_t cap, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err, "SELECT value FROM meta WHERE name = ?1",
	                     BIND_TEXT(name)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(value, cap, "%s", query_text(&q, 0));
	return got;
}

int meta_set(struct db *db, const char *name, const char *value, struct err *err)
{
	return db_run(db, err, "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	              BIND_TEXT(name), BIND_TEXT(value));
}

int meta_clear(struct db *db, const char *name, struct err *err)
{
	return db_run(db, err, "DELETE FROM meta WHERE name = ?1", BIND_TEXT(name));
}
