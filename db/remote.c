#include "db/remote.h"

#include <stdio.h>
#include <string.h>

int remote_find(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	memset(row, 0, sizeof(*row));
	if (query_start(&q, db,
	                "SELECT id, region, generation, synced_at FROM remote "
	                "WHERE endpoint = ?1 AND bucket = ?2 AND prefix = ?3",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, endpoint);
	query_bind_text(&q, 2, bucket);
	query_bind_text(&q, 3, prefix);
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	row->id = query_int(&q, 0);
	(void)snprintf(row->region, sizeof(row->region), "%s", query_text(&q, 1));
	row->generation = query_int(&q, 2);
	row->synced_at = query_int(&q, 3);
	return 1;
}

int remote_need(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got = remote_find(db, endpoint, bucket, prefix, row, err);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if (query_start(&q, db, "INSERT INTO remote (endpoint, bucket, prefix) VALUES (?1, ?2, ?3)",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, endpoint);
	query_bind_text(&q, 2, bucket);
	query_bind_text(&q, 3, prefix);
	if (query_run(&q, err) < 0)
		return -1;
	row->id = db_last_id(db);
	return 0;
}

int remote_set_region(struct db *db, int64_t id, const char *region, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db, "UPDATE remote SET region = ?2 WHERE id = ?1", err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_text(&q, 2, region);
	return query_run(&q, err);
}

int remote_synced(struct db *db, int64_t id, int64_t started_at, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start(&q, db,
	                "UPDATE remote SET generation = generation + 1, synced_at = ?2 "
	                "WHERE id = ?1",
	                err) < 0)
		return -1;
	query_bind_int(&q, 1, id);
	query_bind_int(&q, 2, started_at);
	return query_run(&q, err);
}
