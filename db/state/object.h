/* object: what the tree holds under each key, and so what a bucket must hold. */
#ifndef DRYDOCK_DB_STATE_OBJECT_H
#define DRYDOCK_DB_STATE_OBJECT_H

#include "base/hash.h"
#include "base/layout.h"
#include "db/state/db.h"

enum { MEDIA_TYPE_MAX = 256 };

struct object_row {
	char key[KEY_MAX];
	enum object_class object_class;
	struct digest digest; /* of the bytes; SHA-256 where the key names none */
	uint64_t size_bytes;
	uint8_t md5[MD5_BYTES];            /* md5_known() tells whether it is */
	char content_type[MEDIA_TYPE_MAX]; /* never "": the class's own where the state has NULL */
	int64_t changed_at; /* seconds, UTC: when the bytes under the key last changed */
};

/* 1 found, 0 not found, -1. */
int object_get(struct db *db, const char *key, struct object_row *row, struct err *err) MUST_CHECK;

/* Whether there is such a key; 1, 0, -1. */
int object_has(struct db *db, const char *key, struct err *err) MUST_CHECK;

/*
 * Inserts or replaces. What row->changed_at says is ignored: it becomes now where the key is new or
 * its digest changes, else it stays.
 */
int object_put(struct db *db, const struct object_row *row, struct err *err) MUST_CHECK;
int object_delete(struct db *db, const char *key, struct err *err) MUST_CHECK;

/*
 * The next rows in key order (byte order) after `after` ("" from the start), at most `max`, and
 * before `until` (NULL: to the end). Returns how many, or -1. No statement stays open (K7).
 */
int object_page(struct db *db, const char *after, const char *until, struct object_row *rows,
                int max, struct err *err) MUST_CHECK;

/* Any key that holds this blob or manifest (class as asked). 1, 0, -1. */
int object_with_digest(struct db *db, const struct digest *d, enum object_class object_class,
                       char key[KEY_MAX], struct err *err) MUST_CHECK;

/* How many there are, and the bytes of all of them, links counted each time. -1 on error. */
int64_t object_bytes(struct db *db, struct err *err) MUST_CHECK;
int64_t object_count(struct db *db, struct err *err) MUST_CHECK;

#endif
