#include "db/state/upload.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS "id, key, digest, size, part_size, token, upload_id, state, adopted, created_at"

static int read_row(struct query *q, struct upload_row *row, struct err *err)
{
	memset(row, 0, sizeof(*row));
	row->id = query_int(q, 0);
	(void)snprintf(row->key, sizeof(row->key), "%s", query_text(q, 1));
	row->size_bytes = (uint64_t)query_int(q, 3);
	row->part_size_bytes = (uint64_t)query_int(q, 4);
	(void)snprintf(row->token, sizeof(row->token), "%s", query_text(q, 5));
	(void)snprintf(row->upload_id, sizeof(row->upload_id), "%s", query_text(q, 6));
	row->state = (int)query_int(q, 7);
	row->adopted = (int)query_int(q, 8);
	row->created_at = query_int(q, 9);
	if (row->part_size_bytes == 0)
		return err_set(err, ERR_NO_STATE,
		               "the state file records an upload of %s with parts of no size",
		               row->key);
	return query_digest(q, 2, &row->digest, err);
}

int upload_get(struct db *db, int64_t remote, const char *key, struct upload_row *row,
               struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT " COLUMNS " FROM upload WHERE remote = ?1 AND key = ?2",
	                     BIND_INT(remote), BIND_TEXT(key)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0 && read_row(&q, row, err) < 0)
		return -1;
	return got;
}

int upload_next(struct db *db, int64_t remote, const char *after, struct upload_row *row,
                struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT " COLUMNS " FROM upload WHERE remote = ?1 AND key > ?2 "
	                     "ORDER BY key LIMIT 1",
	                     BIND_INT(remote), BIND_TEXT(after)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0 && read_row(&q, row, err) < 0)
		return -1;
	return got;
}

int upload_put(struct db *db, int64_t remote, struct upload_row *row, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	if (db_run(db, err, "DELETE FROM upload WHERE remote = ?1 AND key = ?2", BIND_INT(remote),
	           BIND_TEXT(row->key)) < 0 ||
	    db_run(db, err,
	           "INSERT INTO upload (remote, key, digest, size, part_size, token, "
	           "upload_id, state, adopted, created_at) "
	           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	           BIND_INT(remote), BIND_TEXT(row->key), BIND_DIGEST(&row->digest),
	           BIND_INT((int64_t)row->size_bytes), BIND_INT((int64_t)row->part_size_bytes),
	           BIND_TEXT(row->token), BIND_TEXT(row->upload_id[0] ? row->upload_id : NULL),
	           BIND_INT(row->state), BIND_INT(row->adopted), BIND_INT(row->created_at)) < 0) {
		db_rollback(db);
		return -1;
	}
	row->id = db_last_id(db);
	return db_commit(db, err);
}

int upload_update(struct db *db, const struct upload_row *row, struct err *err)
{
	return db_run(db, err,
	              "UPDATE upload SET upload_id = ?2, state = ?3, adopted = ?4 WHERE id = ?1",
	              BIND_INT(row->id), BIND_TEXT(row->upload_id[0] ? row->upload_id : NULL),
	              BIND_INT(row->state), BIND_INT(row->adopted));
}

int upload_delete(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, err, "DELETE FROM upload WHERE id = ?1", BIND_INT(id));
}

int upload_part_put(struct db *db, int64_t upload, uint32_t number, uint64_t size_bytes,
                    const uint8_t md5[MD5_BYTES], const char *etag, struct err *err)
{
	return db_run(db, err,
	              "INSERT OR REPLACE INTO upload_part (upload, number, size, md5, etag) "
	              "VALUES (?1, ?2, ?3, ?4, ?5)",
	              BIND_INT(upload), BIND_INT(number), BIND_INT((int64_t)size_bytes),
	              BIND_BYTES(md5, MD5_BYTES), BIND_TEXT(etag));
}

int upload_part_etag(struct db *db, int64_t upload, uint32_t number, char etag[UPLOAD_ETAG_MAX],
                     struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(&q, db, err,
	                     "SELECT etag FROM upload_part WHERE upload = ?1 AND number = ?2",
	                     BIND_INT(upload), BIND_INT(number)) < 0)
		return -1;
	got = query_step(&q, err);
	if (got > 0)
		(void)snprintf(etag, UPLOAD_ETAG_MAX, "%s", query_text(&q, 0));
	return got;
}

int64_t upload_part_count(struct db *db, int64_t upload, uint64_t *size_bytes, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_with(&q, db, err,
	                     "SELECT count(*), coalesce(sum(size), 0) FROM upload_part "
	                     "WHERE upload = ?1",
	                     BIND_INT(upload)) < 0)
		return -1;
	if (query_step(&q, err) <= 0)
		return -1;
	*size_bytes = (uint64_t)query_int(&q, 1);
	return query_int(&q, 0);
}
