#include "db/schema.h"

#include "db/db.h"
#include "db/schema_sql.h" /* generated from db/schema.sql */

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/*
 * steps[n] turns version n into version n + 1. A released step is never edited: a change of the
 * schema is a new step, and db/schema.sql stays step 0.
 */
static const char *const steps[DB_SCHEMA_VERSION] = {schema_sql};

static int failed(sqlite3 *handle, const char *what, struct err *err)
{
	(void)db_failed(handle, what, err);
	if (err->code == ERR_OTHER)
		err->code = ERR_NO_STATE;
	return -1;
}

int schema_version(sqlite3 *handle, int *version, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		result = failed(handle, "cannot be read", err);
	else
		*version = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return result;
}

static int save_copy(sqlite3 *handle, const char *path, int version, struct err *err)
{
	char *copy = sqlite3_mprintf("%s.v%d", path, version);
	char *sql = copy ? sqlite3_mprintf("VACUUM INTO %Q", copy) : NULL;
	int result = 0;

	if (!sql) {
		result = err_memory(err);
	} else {
		/* A copy left by an attempt that did not finish would stop VACUUM INTO. */
		(void)unlink(copy);
		if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
			result = failed(handle, "cannot be saved before its migration", err);
	}
	sqlite3_free(sql);
	sqlite3_free(copy);
	return result;
}

int schema_migrate(sqlite3 *handle, const char *path, int version, struct err *err)
{
	char set_version[64];

	if (version > 0 && save_copy(handle, path, version, err) < 0)
		return -1;
	if (sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return failed(handle, "cannot be written", err);
	/* Another process may have done it while this one waited for its turn. */
	if (schema_version(handle, &version, err) < 0 || version >= DB_SCHEMA_VERSION) {
		(void)sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
		return version >= DB_SCHEMA_VERSION ? 0 : -1;
	}
	for (int at = version; at < DB_SCHEMA_VERSION; at++)
		if (sqlite3_exec(handle, steps[at], NULL, NULL, NULL) != SQLITE_OK)
			goto undo;
	(void)snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d",
	               DB_SCHEMA_VERSION);
	if (sqlite3_exec(handle, set_version, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		goto undo;
	return 0;
undo:
	(void)failed(handle, "migration", err);
	(void)sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}
