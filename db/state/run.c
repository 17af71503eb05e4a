#include "db/state/run.h"

#include <stdio.h>
#include <string.h>

/* One remote's failures must not make another's runs forgotten. */
static int trim(struct db *db, const struct run_row *row, struct err *err)
{
	return db_run(db, err,
	              "DELETE FROM run WHERE command = ?1 AND remote IS ?2 AND id <= (SELECT id "
	              "FROM run WHERE command = ?1 AND remote IS ?2 ORDER BY id DESC LIMIT 1 "
	              "OFFSET 1000) AND id IS NOT (SELECT coalesce(max(CASE WHEN status = 0 THEN "
	              "id END), min(id)) FROM run WHERE command = ?1 AND remote IS ?2 AND "
	              "(status = 0 OR objects > 0))",
	              BIND_TEXT(row->command), BIND_NOT_0(row->remote));
}

static int insert(struct db *db, const struct run_row *row, struct err *err)
{
	return db_run(db, err,
	              "INSERT INTO run (command, remote, started_at, ended_at, status, bytes, "
	              "objects, failed, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	              BIND_TEXT(row->command), BIND_NOT_0(row->remote), BIND_INT(row->started_at),
	              BIND_INT(row->ended_at), BIND_INT(row->status), BIND_INT((int64_t)row->bytes),
	              BIND_INT((int64_t)row->objects), BIND_INT((int64_t)row->failed),
	              BIND_TEXT(row->message[0] ? row->message : NULL));
}

int run_put(struct db *db, const struct run_row *row, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	if (insert(db, row, err) == 0 && trim(db, row, err) == 0)
		return db_commit(db, err);
	db_rollback(db);
	return -1;
}

int run_last(struct db *db, const char *command, int64_t remote, enum run_filter filter,
             struct run_row *row, struct err *err)
{
	AUTO_QUERY struct query q = QUERY_INIT;
	int got;

	if (query_start_with(
		    &q, db, err,
		    "SELECT id, command, remote, started_at, ended_at, status, bytes, objects, "
		    "failed, message FROM run WHERE (command = ?1 OR (?1 = '" RUN_SYNC
		    "' AND command = '" RUN_SYNC_PART "')) AND (?2 = 0 OR remote = ?2) AND "
		    "(?3 = 0 OR status = 0) AND (?4 = 0 OR objects > 0) ORDER BY CASE ?4 WHEN 0 "
		    "THEN -id ELSE id END LIMIT 1",
		    BIND_TEXT(command), BIND_INT(remote), BIND_INT(filter == RUN_SUCCEEDED),
		    BIND_INT(filter == RUN_FIRST_FORWARD)) < 0)
		return -1;
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
