#include "db/run.h"

#include <stdio.h>
#include <string.h>

int run_put(struct db *db, const struct run_row *row, struct err *err)
{
	AUTO_QUERY struct query insert = QUERY_INIT;
	AUTO_QUERY struct query trim = QUERY_INIT;

	if (db_begin(db, err) < 0)
		return -1;
	if (query_start(&insert, db,
	                "INSERT INTO run (command, remote, started_at, ended_at, status, bytes, "
	                "objects, failed, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	                err) < 0)
		goto undo;
	query_bind_text(&insert, 1, row->command);
	if (row->remote)
		query_bind_int(&insert, 2, row->remote);
	query_bind_int(&insert, 3, row->started_at);
	query_bind_int(&insert, 4, row->ended_at);
	query_bind_int(&insert, 5, row->status);
	query_bind_int(&insert, 6, (int64_t)row->bytes);
	query_bind_int(&insert, 7, (int64_t)row->objects);
	query_bind_int(&insert, 8, (int64_t)row->failed);
	query_bind_text(&insert, 9, row->message[0] ? row->message : NULL);
	if (query_run(&insert, err) < 0 ||
	    query_start(&trim, db,
	                "DELETE FROM run WHERE command = ?1 AND id <= (SELECT id FROM run WHERE "
	                "command = ?1 ORDER BY id DESC LIMIT 1 OFFSET 1000)",
	                err) < 0)
		goto undo;
	query_bind_text(&trim, 1, row->command);
	if (query_run(&trim, err) < 0)
		goto undo;
	return db_commit(db, err);
undo:
	db_rollback(db);
	return -1;
}

int run_last(struct db *db, const char *command, int64_t remote, enum run_filter filter,
             struct run_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start(&q, db,
	                "SELECT id, command, remote, started_at, ended_at, status, bytes, objects, "
	                "failed, message FROM run WHERE command = ?1 AND (?2 = 0 OR remote = ?2) "
	                "AND (?3 = 0 OR status = 0) ORDER BY id DESC LIMIT 1",
	                err) < 0)
		return -1;
	query_bind_text(&q, 1, command);
	query_bind_int(&q, 2, remote);
	query_bind_int(&q, 3, filter == RUN_SUCCEEDED);
	got = query_step(&q, err);
	if (got <= 0)
		return got;
	memset(row, 0, sizeof(*row));
	row->id = query_int(&q, 0);
	(void)snprintf(row->command, sizeof(row->command), "%s", query_text(&q, 1));
	row->remote = query_int(&q, 2);
	row->started_at = query_int(&q, 3);
	row->ended_at = query_int(&q, 4);
	row->status = query_is_null(&q, 5) ? -1 : (int)query_int(&q, 5);
	row->bytes = (uint64_t)query_int(&q, 6);
	row->objects = (uint64_t)query_int(&q, 7);
	row->failed = (uint64_t)query_int(&q, 8);
	(void)snprintf(row->message, sizeof(row->message), "%s", query_text(&q, 9));
	return 1;
}
