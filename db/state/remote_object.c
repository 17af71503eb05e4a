#include "db/state/remote_object.h"

#include <stdio.h>
#include <string.h>

int remote_object_get(struct db *db, int64_t remote, const char *key, struct remote_object_row *row,
                      struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	memset(row, 0, sizeof(*row));
	if (query_start_with(&q, db, err,
	                     "SELECT etag, size, digest, part_size, verified_at, generation, "
	                     "sent_by_us, unreachable_at FROM remote_object "
	                     "WHERE remote = ?1 AND key = ?2",
	                     BIND_INT(remote), BIND_TEXT(key)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	(void)snprintf(row->etag, sizeof(row->etag), "%s", query_text(&q, 0));
	row->size_bytes = (uint64_t)query_int(&q, 1);
	row->part_size_bytes = (uint64_t)query_int(&q, 3);
	row->verified_at = query_int(&q, 4);
	row->generation = query_int(&q, 5);
	row->sent_by_us = (int)query_int(&q, 6);
	row->unreachable_at = query_int(&q, 7);
	return query_digest(&q, 2, &row->digest, err) < 0 ? -1 : 1;
}

int remote_object_put(struct db *db, int64_t remote, const char *key,
                      const struct remote_object_row *row, struct err *err)
{
	return db_run(db, err,
	              "INSERT INTO remote_object (remote, key, etag, size, digest, part_size, "
	              "verified_at, generation, sent_by_us, unreachable_at) "
	              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
	              "ON CONFLICT (remote, key) DO UPDATE SET etag = excluded.etag, "
	              "size = excluded.size, digest = excluded.digest, "
	              "part_size = excluded.part_size, verified_at = excluded.verified_at, "
	              "generation = excluded.generation, "
	              "sent_by_us = max(sent_by_us, excluded.sent_by_us), "
	              "unreachable_at = excluded.unreachable_at",
	              BIND_INT(remote), BIND_TEXT(key), BIND_TEXT(row->etag),
	              BIND_INT((int64_t)row->size_bytes), BIND_DIGEST(&row->digest),
	              BIND_NOT_0((int64_t)row->part_size_bytes), BIND_INT(row->verified_at),
	              BIND_INT(row->generation), BIND_INT(row->sent_by_us),
	              BIND_NOT_0(row->unreachable_at));
}

int remote_object_delete(struct db *db, int64_t remote, const char *key, struct err *err)
{
	return db_run(db, err, "DELETE FROM remote_object WHERE remote = ?1 AND key = ?2",
	              BIND_INT(remote), BIND_TEXT(key));
}

int remote_object_any(struct db *db, int64_t remote, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err, "SELECT 1 FROM remote_object WHERE remote = ?1 LIMIT 1",
	                     BIND_INT(remote)) < 0)
		return -1;
	return query_step(&q, err);
}
