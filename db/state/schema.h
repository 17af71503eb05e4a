/* schema: makes the tables of a new state file and brings older ones up to date. */
#ifndef DRYDOCK_DB_STATE_SCHEMA_H
#define DRYDOCK_DB_STATE_SCHEMA_H

#include "base/err.h"

struct sqlite3;

enum { SCHEMA_VERSION = 1 };

/* PRAGMA user_version; 0 for an empty file. -1 on error. */
int schema_version(struct sqlite3 *handle, int *version, struct err *err) MUST_CHECK;

/*
 * Brings the file to SCHEMA_VERSION. A file that is not new is first saved as
 * "<path>.v<version>":
 *
 *     BEGIN IMMEDIATE -> copy, fsync, rename -> steps -> COMMIT
 *
 * From BEGIN on no other process can write, so the copy holds exactly what is migrated, and of
 * several processes that find an old file at once, one migrates it and the others find it done. A
 * copy is whole or not there: a crash in between leaves the old file, and at most an older copy.
 */
int schema_migrate(struct sqlite3 *handle, struct err *err) MUST_CHECK;

/*
 * schema_migrate with other steps: steps[n] turns version n into n + 1. A sync of the older program
 * may be under way meanwhile, as it holds no lock on the root: a step leaves the statements of the
 * version before it working (it adds tables, columns with a default and indexes).
 */
int schema_run_steps(struct sqlite3 *handle, const char *const *steps, int count,
                     struct err *err) MUST_CHECK;

#endif
