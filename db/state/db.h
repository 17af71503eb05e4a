/*
 * db: the state file, an SQLite database: opening, migrating, transactions, prepared statements.
 *
 * One `struct db` belongs to one thread (K6). Typed queries live beside this file, one noun each
 * (blob, object, manifest, tag, layer_cache, publication, remote, upload, run).
 *
 *     AUTO_QUERY struct query q = QUERY_INIT;
 *     int got;
 *
 *     if (query_start(&q, db, "SELECT size FROM blob WHERE digest = ?1", err) < 0)
 *             return -1;
 *     query_bind_digest(&q, 1, &digest);
 *     while ((got = query_step(&q, err)) > 0)
 *             size = query_int(&q, 0);
 *     return got;                                 0 at the end, -1 on error
 *
 * Statements are prepared once and kept: `sql` must be a string literal (the cache goes by
 * address). Bind errors surface at the next query_step.
 */
#ifndef DRYDOCK_DB_STATE_DB_H
#define DRYDOCK_DB_STATE_DB_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct sqlite3_stmt;

enum db_mode {
	DB_READ,  /* nothing is written, not even a migration; works on a read-only folder */
	DB_WRITE, /* must exist; migrated when it is older */
	DB_CREATE /* made when it is missing */
};

/*
 * Opens `path`. ERR_NO_STATE when it is missing, damaged or newer than this program (the message
 * says which). Before a migration the file is saved as "<path>.v<N>".
 */
struct db *db_open(const char *path, enum db_mode mode, struct err *err) MUST_CHECK;
/*
 * An empty database that only this process sees: in memory up to `cache_kib`, beyond that in
 * a file without a name, and gone with db_close. All of its life is one transaction: nothing is
 * ever committed or rolled back, so a failed statement is the end of its use.
 */
struct db *db_open_scratch(unsigned cache_kib, struct err *err) MUST_CHECK;
void db_close(struct db *db); /* NULL is fine */

/*
 * How long anything waits for another process that is writing; 10 s when nothing is said. Then it
 * is ERR_LOCKED, or at once ERR_INTERRUPTED when we are asked to stop. Returns what it was.
 */
int64_t db_set_patience(struct db *db, int64_t ms);

/*
 * Transactions nest: only the outermost begins and commits. A rollback undoes all of it, at
 * whatever depth it is called, and the outer db_commit then fails.
 */
int db_begin(struct db *db, struct err *err) MUST_CHECK; /* BEGIN IMMEDIATE */
int db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db); /* fine when no transaction is open */

int db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;
int64_t db_last_id(struct db *db); /* rowid of the last INSERT */
int64_t db_changes(struct db *db); /* rows changed by the last statement */

struct query {
	struct db *db;             /* borrowed */
	struct sqlite3_stmt *stmt; /* borrowed from the cache, or owned when `own` */
	bool own;                  /* the cached one was in use: this one is finalised at the end */
	int slot;                  /* in the cache, unless `own` */
	int bind_result;           /* first SQLite error of a bind */
};

#define QUERY_INIT                                                                                 \
	{                                                                                          \
		NULL, NULL, false, 0, 0                                                            \
	}

int query_start(struct query *q, struct db *db, const char *sql, struct err *err) MUST_CHECK;
/* Parameters are numbered from 1. Text and bytes are copied by SQLite. NULL text binds NULL. */
void query_bind_int(struct query *q, int parameter, int64_t value);
void query_bind_text(struct query *q, int parameter, const char *text);
void query_bind_bytes(struct query *q, int parameter, const void *data, size_t len);
void query_bind_digest(struct query *q, int parameter, const struct digest *d); /* NONE: NULL */
void query_bind_null(struct query *q, int parameter);

/*
 * A value to bind, for statements that bind all of their parameters at once:
 *
 *     if (query_start_with(&q, db, err, "SELECT …", BIND_DIGEST(d), BIND_INT(part_bytes)) < 0) …
 *     return db_run(db, err, "DELETE FROM meta WHERE name = ?1", BIND_TEXT(name));
 */
struct query_value {
	enum { VALUE_INT, VALUE_TEXT, VALUE_BYTES, VALUE_DIGEST } kind;
	int64_t number;
	const void *data; /* borrowed for the call */
	size_t len;       /* of VALUE_BYTES */
};
#define BIND_INT(value) ((struct query_value){VALUE_INT, (value), NULL, 0})
#define BIND_TEXT(text) ((struct query_value){VALUE_TEXT, 0, (text), 0})
#define BIND_NOT_0(value)                                                                          \
	((struct query_value){(value) ? VALUE_INT : VALUE_TEXT, (value), NULL, 0}) /* 0: NULL */
#define BIND_BYTES(data, len) ((struct query_value){VALUE_BYTES, 0, (data), (len)})
#define BIND_DIGEST(d)        ((struct query_value){VALUE_DIGEST, 0, (d), 0})

#define QUERY_VALUES(...)                                                                          \
	(const struct query_value[]){__VA_ARGS__},                                                 \
		(int)(sizeof((struct query_value[]){__VA_ARGS__}) / sizeof(struct query_value))

/* query_start, and binds the values to ?1, ?2, … */
#define query_start_with(q, db, err, sql, ...)                                                     \
	query_start_values((q), (db), (err), (sql), QUERY_VALUES(__VA_ARGS__))
int query_start_values(struct query *q, struct db *db, struct err *err, const char *sql,
                       const struct query_value *values, int count) MUST_CHECK;
/* A statement without rows, from its start to its end. */
#define db_run(db, err, sql, ...) db_run_values((db), (err), (sql), QUERY_VALUES(__VA_ARGS__))
int db_run_values(struct db *db, struct err *err, const char *sql, const struct query_value *values,
                  int count) MUST_CHECK;

/* 1: a row, 0: done, -1. */
int query_step(struct query *q, struct err *err) MUST_CHECK;
/* For statements without rows: steps to the end. */
int query_run(struct query *q, struct err *err) MUST_CHECK;
/* Readies the statement for other values. */
void query_again(struct query *q);
void query_end(struct query *q);
#define AUTO_QUERY __attribute__((cleanup(query_end)))

/* Columns are numbered from 0. Pointers are borrowed until the next step. */
int64_t query_int(struct query *q, int column);
bool query_is_null(struct query *q, int column);
const char *query_text(struct query *q, int column); /* "" for NULL */
const void *query_bytes(struct query *q, int column, size_t *len);
/* ERR_NO_STATE when the column holds no digest; NULL gives DIGEST_NONE. */
int query_digest(struct query *q, int column, struct digest *d, struct err *err) MUST_CHECK;
/* Copies exactly `len` bytes, or ERR_NO_STATE. */
int query_copy(struct query *q, int column, void *out, size_t len, struct err *err) MUST_CHECK;

#endif
