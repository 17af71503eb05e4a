/* schema: makes the tables of a new state file and brings older ones up to date. */
#ifndef DRYDOCK_DB_SCHEMA_H
#define DRYDOCK_DB_SCHEMA_H

#include "base/err.h"

struct sqlite3;

/* PRAGMA user_version; 0 for an empty file. -1 on error. */
int schema_version(struct sqlite3 *handle, int *version, struct err *err) MUST_CHECK;

/*
 * Runs every step from `version` to DB_SCHEMA_VERSION in one transaction. Before it, a file that
 * is not new is saved as "<path>.v<version>" (VACUUM INTO, so it is consistent).
 */
int schema_migrate(struct sqlite3 *handle, const char *path, int version,
                   struct err *err) MUST_CHECK;

#endif
