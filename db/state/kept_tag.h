/*
 * kept_tag: tags of this root that a sync left alone because the bucket's are newer (W1), so that
 * each is told once. Kept in the table meta, under 'kept.<remote>.<key>'.
 */
#ifndef DRYDOCK_DB_STATE_KEPT_TAG_H
#define DRYDOCK_DB_STATE_KEPT_TAG_H

#include "db/state/db.h"

/* Whether it was told that this tag of the bucket was left alone. 1, 0, -1. */
int kept_tag_has(struct db *db, int64_t remote, const char *key, const char *etag,
                 struct err *err) MUST_CHECK;
int kept_tag_put(struct db *db, int64_t remote, const char *key, const char *etag,
                 struct err *err) MUST_CHECK;
int kept_tag_delete(struct db *db, int64_t remote, const char *key, struct err *err) MUST_CHECK;
/* The first key behind `after` ("" at first). 1 with key[], 0, -1. */
int kept_tag_next(struct db *db, int64_t remote, const char *after, char *key, size_t cap,
                  struct err *err) MUST_CHECK;
int kept_tag_count(struct db *db, int64_t remote, uint64_t *count, struct err *err) MUST_CHECK;

#endif
