/* sqlite_file: the state's file as SQLite opens it: its URI, and what a folder without write
 * allows. */
#ifndef DRYDOCK_DB_STATE_SQLITE_FILE_H
#define DRYDOCK_DB_STATE_SQLITE_FILE_H

#include "base/err.h"

struct sqlite3;

/*
 * Opens `path` into `*handle` with the SQLITE_OPEN_… of `flags` that say what for: READONLY,
 * READWRITE, or that and CREATE. On error there may be a handle, which the caller closes
 * too; ERR_NO_STATE where there is no such file and CREATE was not asked for.
 */
int sqlite_file_open(const char *path, int flags, struct sqlite3 **handle,
                     struct err *err) MUST_CHECK;
/* To read only, without what SQLite keeps beside the file. -1 when there is something in that. */
int sqlite_file_open_alone(const char *path, struct sqlite3 **handle, struct err *err) MUST_CHECK;

#endif
