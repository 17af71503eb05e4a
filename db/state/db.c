#include "db/state/db.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/units.h"
#include "db/state/schema.h"
#include "db/state/sqlite_error.h"
#include "db/state/sqlite_file.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	STATEMENTS_MAX = 256, /* more than there are string literals with SQL */
	PATIENCE_MS = 10000,  /* a checkpoint or a short transaction of another process */
	NAP_MS = 20,
	PAGE_CACHE_KIB = 8192, /* bounds memory; the state of a million objects is 300 MB */
};

struct db {
	sqlite3 *handle; /* owned */
	struct {
		const char *sql;    /* borrowed: a string literal; compared by address */
		sqlite3_stmt *stmt; /* owned */
		bool in_use;
	} statements[STATEMENTS_MAX];
	int depth;        /* of nested db_begin */
	bool rolled_back; /* inside an outer transaction, whose commit must fail (K6) */
	int64_t patience_ms, busy_since_ms;
};

/* SQLite's own waits for locks do not end when we are asked to stop. */
static int on_busy(void *context, int count)
{
	const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
	struct db *db = context;

	if (count == 0)
		db->busy_since_ms = monotonic_ms();
	if (stop_requested() || monotonic_ms() - db->busy_since_ms >= db->patience_ms)
		return 0;
	(void)nanosleep(&nap, NULL);
	return 1;
}

int64_t db_set_patience(struct db *db, int64_t ms)
{
	int64_t old_ms = db->patience_ms;

	db->patience_ms = ms;
	return old_ms;
}

/*
 * SQLite opens what cannot be opened for writing to read only, whatever the reason was. A file that
 * may be written was in want of a descriptor then.
 */
static int read_only(const char *path, struct err *err)
{
	if (access(path, W_OK) < 0)
		return err_set(err, ERR_STORAGE,
		               "state file: cannot be written: " SQLITE_OWNER_CAN);
	errno = EMFILE;
	return err_sys(err, "state file: could be opened to read only");
}

/* WAL where the file system can do it, else a rollback journal; always durable commits. */
static int set_pragmas(struct db *db, enum db_mode mode, struct err *err)
{
	char cache[64];

	db->patience_ms = PATIENCE_MS;
	(void)sqlite3_busy_handler(db->handle, on_busy, db);
	(void)snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%d", PAGE_CACHE_KIB);
	if (db_exec(db, cache, err) < 0 || db_exec(db, "PRAGMA foreign_keys = ON", err) < 0 ||
	    db_exec(db, "PRAGMA trusted_schema = OFF", err) < 0)
		return -1;
	if (mode == DB_READ)
		return db_exec(db, "PRAGMA query_only = ON", err);
	if (sqlite3_db_readonly(db->handle, "main"))
		return read_only(sqlite3_db_filename(db->handle, "main"), err);
	/* Where WAL is impossible SQLite answers with the mode it keeps (DELETE): no error. */
	if (db_exec(db, "PRAGMA journal_mode = WAL", err) < 0)
		return -1;
	/* What file_sync (base/file.h) does; of no meaning but under macOS. */
	if (db_exec(db, "PRAGMA fullfsync = ON", err) < 0 ||
	    db_exec(db, "PRAGMA checkpoint_fullfsync = ON", err) < 0)
		return -1;
	return db_exec(db, "PRAGMA synchronous = FULL", err);
}

static int open_handle(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
	int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	if (mode == DB_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	return sqlite_file_open(path, flags, &db->handle, err);
}

/* On a full disk: what there is can be looked at, and made room from. */
static int open_alone(struct db *db, const char *path, struct err *err)
{
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
	return sqlite_file_open_alone(path, &db->handle, err) < 0 ? -1
	                                                          : set_pragmas(db, DB_READ, err);
}

/*
 * A writer that died outside of the WAL, as where the file is made and where there can be no WAL,
 * has left a rollback journal. It has to be carried out before anybody can read, and SQLite does
 * not do that for who has opened the file to read only.
 */
static int open_any(struct db *db, const char *path, enum db_mode mode, struct err *err)
{
	if (open_handle(db, path, mode, err) < 0)
		return -1;
	if (set_pragmas(db, mode, err) == 0)
		return 0;
	if (mode == DB_READ && sqlite_error_lacks_index(db->handle))
		return open_alone(db, path, err);
	if (mode != DB_READ || sqlite3_extended_errcode(db->handle) != SQLITE_READONLY_ROLLBACK)
		return -1;
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
	if (sqlite_file_open(path, SQLITE_OPEN_READWRITE, &db->handle, err) < 0)
		return -1;
	if (set_pragmas(db, mode, err) == 0)
		return 0;
	if (sqlite3_extended_errcode(db->handle) == SQLITE_READONLY_ROLLBACK)
		(void)err_set(err, ERR_STORAGE,
		              "a run was killed in the middle of a change, and you may not write "
		              "here: have its owner run drydock status once");
	return -1;
}

struct db *db_open(const char *path, enum db_mode mode, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int version;

	if (!db) {
		(void)err_memory(err);
		return NULL;
	}
	if (open_any(db, path, mode, err) < 0 || schema_version(db->handle, &version, err) < 0)
		goto fail;
	if (version > SCHEMA_VERSION) {
		(void)err_set(err, ERR_NO_STATE,
		              "state file has version %d, made by a newer drydock; this one knows "
		              "up to version %d: use the newer program",
		              version, SCHEMA_VERSION);
		goto fail;
	}
	/* Lost, not old: filling it would forget all that was published. */
	if (version == 0 && mode != DB_CREATE) {
		(void)err_set(err, ERR_NO_STATE, "state file is empty: what it held is lost");
		goto fail;
	}
	if (version < SCHEMA_VERSION && mode != DB_READ && schema_migrate(db->handle, err) < 0)
		goto fail;
	return db;
fail:
	(void)err_context(err, "%s", path);
	db_close(db);
	return NULL;
}

struct db *db_open_scratch(unsigned cache_kib, struct err *err)
{
	struct db *db = calloc(1, sizeof(*db));
	char pragmas[128];

	if (!db) {
		(void)err_memory(err);
		return NULL;
	}
	/* Without a name SQLite makes a file that it has removed already, when it needs one. */
	if (sqlite3_open_v2("", &db->handle,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
	                            SQLITE_OPEN_EXRESCODE,
	                    NULL) != SQLITE_OK) {
		if (db->handle)
			(void)sqlite_error(db->handle, "cannot be opened", err);
		else
			(void)err_memory(err);
		db_close(db);
		return NULL;
	}
	(void)snprintf(pragmas, sizeof(pragmas),
	               "PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; "
	               "PRAGMA synchronous = OFF; PRAGMA cache_size = -%u; BEGIN",
	               cache_kib);
	if (db_exec(db, pragmas, err) < 0) {
		db_close(db);
		return NULL;
	}
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (int i = 0; i < STATEMENTS_MAX; i++)
		(void)sqlite3_finalize(db->statements[i].stmt);
	(void)sqlite3_close(db->handle);
	free(db);
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_error(db->handle, sql, err);
	return 0;
}

static int rolled_back_inside(struct err *err)
{
	return err_set(err, ERR_BUG, "state file: used after a rollback inside the transaction");
}

int db_begin(struct db *db, struct err *err)
{
	if (db->rolled_back)
		return rolled_back_inside(err);
	if (db->depth == 0) {
		if (db_exec(db, "BEGIN IMMEDIATE", err) < 0)
			return -1;
		db->rolled_back = false;
	}
	db->depth++;
	return 0;
}

int db_commit(struct db *db, struct err *err)
{
	assert(db->depth > 0);
	if (db->rolled_back) {
		if (--db->depth == 0)
			db->rolled_back = false;
		return rolled_back_inside(err);
	}
	if (db->depth == 1 && db_exec(db, "COMMIT", err) < 0) {
		db_rollback(db);
		db->depth = 0;
		db->rolled_back = false;
		return -1;
	}
	db->depth--;
	return 0;
}

void db_rollback(struct db *db)
{
	if (db->depth == 0)
		return;
	if (!sqlite3_get_autocommit(db->handle))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	db->depth--;
	db->rolled_back = db->depth > 0;
}

int64_t db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int query_start(struct query *q, struct db *db, const char *sql, struct err *err)
{
	int at = 0;

	query_end(q);
	q->db = db;
	q->bind_result = SQLITE_OK;
	q->own = false;
	while (at < STATEMENTS_MAX && db->statements[at].sql && db->statements[at].sql != sql)
		at++;
	q->slot = at;
	if (at < STATEMENTS_MAX && db->statements[at].sql && !db->statements[at].in_use) {
		q->stmt = db->statements[at].stmt;
		db->statements[at].in_use = true;
		return 0;
	}
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL) !=
	    SQLITE_OK)
		return sqlite_error(db->handle, sql, err);
	q->own = at == STATEMENTS_MAX || db->statements[at].sql;
	if (!q->own) {
		db->statements[at].sql = sql;
		db->statements[at].stmt = q->stmt;
		db->statements[at].in_use = true;
	}
	return 0;
}

static void note_bind(struct query *q, int result)
{
	if (q->bind_result == SQLITE_OK)
		q->bind_result = result;
}

void query_bind_int(struct query *q, int parameter, int64_t value)
{
	note_bind(q, sqlite3_bind_int64(q->stmt, parameter, value));
}

void query_bind_text(struct query *q, int parameter, const char *text)
{
	note_bind(q, sqlite3_bind_text(q->stmt, parameter, text, -1, SQLITE_TRANSIENT));
}

void query_bind_bytes(struct query *q, int parameter, const void *data, size_t len)
{
	note_bind(q,
	          sqlite3_bind_blob64(q->stmt, parameter, len ? data : "", len, SQLITE_TRANSIENT));
}

void query_bind_digest(struct query *q, int parameter, const struct digest *d)
{
	uint8_t bytes[DIGEST_BLOB_MAX];
	size_t len;

	if (d->alg == DIGEST_NONE) {
		query_bind_null(q, parameter);
		return;
	}
	len = digest_to_blob(d, bytes);
	query_bind_bytes(q, parameter, bytes, len);
}

void query_bind_null(struct query *q, int parameter)
{
	note_bind(q, sqlite3_bind_null(q->stmt, parameter));
}

int query_start_values(struct query *q, struct db *db, struct err *err, const char *sql,
                       const struct query_value *values, int count)
{
	if (query_start(q, db, sql, err) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		const struct query_value *value = &values[i];

		switch (value->kind) {
		case VALUE_INT:
			query_bind_int(q, i + 1, value->number);
			break;
		case VALUE_TEXT:
			query_bind_text(q, i + 1, value->data);
			break;
		case VALUE_BYTES:
			query_bind_bytes(q, i + 1, value->data, value->len);
			break;
		case VALUE_DIGEST:
			query_bind_digest(q, i + 1, value->data);
			break;
		}
	}
	return 0;
}

int db_run_values(struct db *db, struct err *err, const char *sql, const struct query_value *values,
                  int count)
{
	AUTO_QUERY struct query q = QUERY_INIT;

	if (query_start_values(&q, db, err, sql, values, count) < 0)
		return -1;
	return query_run(&q, err);
}

int query_step(struct query *q, struct err *err)
{
	int result = q->bind_result;

	/* It would be committed at once, outside of the transaction that is no more. */
	if (q->db->rolled_back && !sqlite3_stmt_readonly(q->stmt))
		return rolled_back_inside(err);
	if (result == SQLITE_OK)
		result = sqlite3_step(q->stmt);
	if (result == SQLITE_ROW)
		return 1;
	if (result == SQLITE_DONE)
		return 0;
	return sqlite_error(q->db->handle, sqlite3_sql(q->stmt), err);
}

int query_run(struct query *q, struct err *err)
{
	int got;

	do
		got = query_step(q, err);
	while (got > 0);
	return got;
}

void query_again(struct query *q)
{
	(void)sqlite3_reset(q->stmt);
	(void)sqlite3_clear_bindings(q->stmt);
	q->bind_result = SQLITE_OK;
}

void query_end(struct query *q)
{
	if (!q->stmt)
		return;
	if (q->own) {
		(void)sqlite3_finalize(q->stmt);
	} else {
		query_again(q);
		q->db->statements[q->slot].in_use = false;
	}
	q->stmt = NULL;
	q->own = false;
}

int64_t query_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

bool query_is_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

const char *query_text(struct query *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->stmt, column);

	return text ? (const char *)text : "";
}

const void *query_bytes(struct query *q, int column, size_t *len)
{
	const void *data = sqlite3_column_blob(q->stmt, column);

	*len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return data;
}

static int column_damaged(struct query *q, int column, struct err *err)
{
	return err_set(err, ERR_NO_STATE,
	               "state file is damaged: column %s holds no valid value (drydock rescan "
	               "rebuilds it)",
	               sqlite3_column_name(q->stmt, column));
}

int query_digest(struct query *q, int column, struct digest *d, struct err *err)
{
	size_t len;
	const void *data;

	if (query_is_null(q, column)) {
		memset(d, 0, sizeof(*d));
		return 0;
	}
	data = query_bytes(q, column, &len);
	if (!data || !digest_from_blob(d, data, len))
		return column_damaged(q, column, err);
	return 0;
}

int query_copy(struct query *q, int column, void *out, size_t len, struct err *err)
{
	size_t have;
	const void *data = query_bytes(q, column, &have);

	if (have != len || !data)
		return column_damaged(q, column, err);
	memcpy(out, data, len);
	return 0;
}
