#include "db/state/sqlite_error.h"

#include "base/stop.h"

#include <errno.h>
#include <sqlite3.h>

bool sqlite_error_lacks_index(sqlite3 *handle)
{
	switch (sqlite3_extended_errcode(handle)) {
	case SQLITE_IOERR_SHMOPEN:
	case SQLITE_IOERR_SHMSIZE:
	case SQLITE_IOERR_SHMMAP:
		return true;
	default:
		return false;
	}
}

/* For people, instead of what SQLite was asked; NULL: there is nothing that could be done. */
static const char *remedy_of(sqlite3 *handle, bool scratch)
{
	if ((sqlite3_errcode(handle) & 0xFF) == SQLITE_FULL)
		return "make room on the disk";
	if (scratch)
		return NULL;
	switch (sqlite3_errcode(handle) & 0xFF) {
	case SQLITE_CANTOPEN:
		if (sqlite3_system_errno(handle) == ENOENT)
			return NULL; /* it is not there */
		return SQLITE_OWNER_CAN;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return SQLITE_OWNER_CAN;
	default:
		return sqlite_error_lacks_index(handle) ? "is the disk full?" : NULL;
	}
}

/* No fault of the file, but of this moment. */
static bool lacks_descriptors(sqlite3 *handle)
{
	int system = sqlite3_system_errno(handle);

	return (sqlite3_errcode(handle) & 0xFF) == SQLITE_CANTOPEN &&
	       (system == EMFILE || system == ENFILE);
}

int sqlite_error(sqlite3 *handle, const char *what, struct err *err)
{
	enum err_code code = ERR_OTHER;
	const char *name = sqlite3_db_filename(handle, "main");
	bool scratch = name && !name[0];
	const char *remedy = remedy_of(handle, scratch);

	if (lacks_descriptors(handle)) {
		errno = sqlite3_system_errno(handle);
		return err_sys(err, "open the %s", scratch ? "scratch file" : "state file");
	}
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
	return err_set(err, code, "%s: %s: %s",
	               scratch ? "scratch file in $TMPDIR or /var/tmp" : "state file",
	               remedy ? sqlite3_errmsg(handle) : what,
	               remedy ? remedy : sqlite3_errmsg(handle));
}
