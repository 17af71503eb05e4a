/* meta: facts about the root by name, table meta. The table's comment in schema.sql lists them. */
#ifndef DRYDOCK_DB_STATE_META_H
#define DRYDOCK_DB_STATE_META_H

#include "db/state/db.h"

/* 1 found, 0 not found, -1. What does not fit into `cap` bytes is cut. */
int meta_get(struct db *db, const char *name, char *value, size_t cap, struct err *err) MUST_CHECK;
int meta_set(struct db *db, const char *name, const char *value, struct err *err) MUST_CHECK;
int meta_clear(struct db *db, const char *name, struct err *err) MUST_CHECK;

#endif
