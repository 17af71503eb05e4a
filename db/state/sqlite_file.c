#include "db/state/sqlite_file.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "db/state/sqlite_error.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 16384 };

static bool is_beside(const char *path, const char *suffix)
{
	AUTO_STR struct str text = STR_INIT(PATH_BYTES_MAX);
	struct stat st;

	(void)str_addf(&text, "%s%s", path, suffix);
	return stat(str_text(&text), &st) == 0 && st.st_size > 0;
}

/*
 * A reader needs to write the WAL's index beside the file. Where it cannot, SQLite may treat the
 * file as unchanging, which makes it ignore WAL and rollback journal: only where there is neither.
 */
static bool is_alone(const char *path)
{
	return !is_beside(path, "-wal") && !is_beside(path, "-journal");
}

static bool is_immutable(const char *path)
{
	AUTO_STR struct str text = STR_INIT(PATH_BYTES_MAX);
	const char *slash = strrchr(path, '/');

	(void)str_add(&text, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
	return access(str_text(&text), W_OK) != 0 && is_alone(path);
}

/* SQLite has one word for a file that is not there and for one that it must not open. */
static int open_failed(sqlite3 *handle, int flags, struct err *err)
{
	int system = sqlite3_system_errno(handle);

	(void)sqlite_error(handle, "cannot be opened", err);
	if (!(flags & SQLITE_OPEN_CREATE) && (sqlite3_errcode(handle) & 0xFF) == SQLITE_CANTOPEN &&
	    (system == ENOENT || system == ENOTDIR || system == EISDIR))
		err->code = ERR_NO_STATE;
	return -1;
}

static int open_uri(const char *path, int flags, bool immutable, sqlite3 **handle, struct err *err)
{
	AUTO_STR struct str uri = STR_INIT(PATH_BYTES_MAX);

	/* The empty authority, so that a path that begins with two slashes names no host. */
	(void)str_adds(&uri, path[0] == '/' ? "file://" : "file:");
	for (const char *p = path; *p; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			(void)str_addf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
		else
			(void)str_addc(&uri, *p);
	}
	if (immutable)
		(void)str_adds(&uri, "?immutable=1");
	if (str_check(&uri, "path of the state file", err) < 0)
		return -1;
	flags |= SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(str_text(&uri), handle, flags, NULL) != SQLITE_OK) {
		if (!*handle)
			return err_memory(err);
		return open_failed(*handle, flags, err);
	}
	return 0;
}

int sqlite_file_open(const char *path, int flags, sqlite3 **handle, struct err *err)
{
	bool immutable = (flags & SQLITE_OPEN_READONLY) && is_immutable(path);

	return open_uri(path, flags, immutable, handle, err);
}

int sqlite_file_open_alone(const char *path, sqlite3 **handle, struct err *err)
{
	if (!is_alone(path))
		return err_set(err, ERR_STORAGE,
		               "state file: what a run has left beside it cannot be read without "
		               "room on the disk");
	return open_uri(path, SQLITE_OPEN_READONLY, true, handle, err);
}
