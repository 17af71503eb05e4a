#include "db/state/schema.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "db/state/schema_sql.h" /* generated from db/state/schema.sql */
#include "db/state/sqlite_error.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/*
 * steps[n] turns version n into version n + 1. A change of the schema is a new step (K4), and
 * db/state/schema.sql stays step 0.
 */
static const char *const steps[SCHEMA_VERSION] = {schema_sql};

static int failed(sqlite3 *handle, const char *what, struct err *err)
{
	(void)sqlite_error(handle, what, err);
	/* All that SQLite has no better word for is what stands in the file. */
	if (err->code == ERR_OTHER && !err->sys_errno)
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

/* The copy gets its name only when it is whole and on disk. */
static int put_in_place(const char *partial, const char *copy, struct err *err)
{
	AUTO_CLOSE int fd = open(partial, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_sys(err, "open %s", partial);
	if (file_sync(fd) < 0)
		return err_sys(err, "fsync %s", partial);
	if (rename(partial, copy) < 0)
		return err_sys(err, "rename %s to %s", partial, copy);
	return file_sync_parent(AT_FDCWD, copy, err);
}

/*
 * VACUUM INTO is not possible in a transaction: a connection of its own reads what was last
 * committed, and that is what the caller's transaction, which has written nothing, stands on.
 */
static int vacuum_into(const char *path, const char *partial, struct err *err)
{
	sqlite3 *reader = NULL;
	char *sql = sqlite3_mprintf("VACUUM INTO %Q", partial);
	int result = 0;

	if (!sql)
		return err_memory(err);
	if (sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	            SQLITE_OK ||
	    sqlite3_exec(reader, sql, NULL, NULL, NULL) != SQLITE_OK)
		result = reader ? failed(reader, "cannot be saved before its migration", err)
		                : err_memory(err);
	(void)sqlite3_close(reader);
	sqlite3_free(sql);
	return result;
}

static int save_copy(sqlite3 *handle, int version, struct err *err)
{
	/* SQLite's own name is absolute, so it cannot be taken for a URI. */
	const char *path = sqlite3_db_filename(handle, "main");
	char *copy = sqlite3_mprintf("%s.v%d", path, version);
	char *partial = copy ? sqlite3_mprintf("%s.new", copy) : NULL;
	int result;

	if (!partial) {
		result = err_memory(err);
	} else {
		/* One left by an attempt that did not finish would stop VACUUM INTO. */
		(void)unlink(partial);
		result = vacuum_into(path, partial, err);
		if (result == 0)
			result = put_in_place(partial, copy, err);
		if (result < 0)
			(void)unlink(partial);
	}
	sqlite3_free(partial);
	sqlite3_free(copy);
	return result;
}

static int run_steps(sqlite3 *handle, const char *const *list, int version, int count,
                     struct err *err)
{
	char set_version[64];

	for (int at = version; at < count; at++)
		if (sqlite3_exec(handle, list[at], NULL, NULL, NULL) != SQLITE_OK)
			return failed(handle, "migration", err);
	(void)snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d", count);
	if (sqlite3_exec(handle, set_version, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return failed(handle, "migration", err);
	return 0;
}

int schema_run_steps(sqlite3 *handle, const char *const *list, int count, struct err *err)
{
	int version, result;

	if (sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return failed(handle, "cannot be written", err);
	/* Another process may have done it while this one waited for its turn. */
	result = schema_version(handle, &version, err);
	if (result == 0 && version > 0 && version < count)
		result = save_copy(handle, version, err);
	if (result == 0 && version < count)
		result = run_steps(handle, list, version, count, err);
	if (!sqlite3_get_autocommit(handle))
		(void)sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

int schema_migrate(sqlite3 *handle, struct err *err)
{
	return schema_run_steps(handle, steps, SCHEMA_VERSION, err);
}
