#include "db/state/sqlite_error.h"

#include "base/stop.h"

#include <sqlite3.h>

int sqlite_error(sqlite3 *handle, const char *what, struct err *err)
{
	enum err_code code = ERR_OTHER;
	const char *name;

	switch (sqlite3_errcode(handle) & 0xFF) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN: /* the WAL or its index: the file itself is open already */
		code = ERR_STORAGE;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = stop_requested() ? ERR_INTERRUPTED : ERR_LOCKED;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		code = ERR_NO_STATE;
		break;
	case SQLITE_NOMEM:
		code = ERR_MEMORY;
		break;
	default:
		break;
	}
	name = sqlite3_db_filename(handle, "main");
	return err_set(err, code, "%s: %s: %s",
	               name && !name[0] ? "scratch file in $TMPDIR or /var/tmp" : "state file",
	               what, sqlite3_errmsg(handle));
}
