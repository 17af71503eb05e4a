/*
 * upload: the multipart uploads that this root has under way, and what arrived of them. The states
 * and what follows from each are in sync/multipart/transition.h; a row is written before the
 * request that its state names (M1).
 */
#ifndef DRYDOCK_DB_STATE_UPLOAD_H
#define DRYDOCK_DB_STATE_UPLOAD_H

#include "base/hash.h"
#include "base/layout.h"
#include "db/state/db.h"

enum {
	UPLOAD_ID_TEXT_MAX = 1025,          /* with the NUL */
	UPLOAD_TOKEN_TEXT_MAX = 2 * 16 + 1, /* 128 random bits in hex */
	UPLOAD_ETAG_MAX = 129,
};

struct upload_row {
	int64_t id;
	char key[KEY_MAX];
	struct digest digest;
	uint64_t size_bytes;
	uint64_t part_size_bytes; /* of all parts but the last */
	char token[UPLOAD_TOKEN_TEXT_MAX];
	char upload_id[UPLOAD_ID_TEXT_MAX]; /* "" while it is not known */
	int state;          /* enum multipart_state of sync/multipart/transition.h */
	int adopted;        /* 1: found after a lost answer, and never aborted; else 0 */
	int64_t created_at; /* the intent, seconds, by the server's clock */
};

/* 1 found, 0 not found, -1. */
int upload_get(struct db *db, int64_t remote, const char *key, struct upload_row *row,
               struct err *err) MUST_CHECK;
/* Inserts or replaces the upload of row->key (and forgets its parts); sets row->id. */
int upload_put(struct db *db, int64_t remote, struct upload_row *row, struct err *err) MUST_CHECK;
/* Records state, upload_id and adopted of row->id. */
int upload_update(struct db *db, const struct upload_row *row, struct err *err) MUST_CHECK;
int upload_delete(struct db *db, int64_t id, struct err *err) MUST_CHECK;

/* The next upload of the remote after `after` (a key, "" at first). 1, 0, -1. */
int upload_next(struct db *db, int64_t remote, const char *after, struct upload_row *row,
                struct err *err) MUST_CHECK;

/* A part that arrived; a part sent again replaces the row. */
int upload_part_put(struct db *db, int64_t upload, uint32_t number, uint64_t size_bytes,
                    const uint8_t md5[MD5_BYTES], const char *etag, struct err *err) MUST_CHECK;
/* The ETag that was recorded for a part. 1, 0, -1. */
int upload_part_etag(struct db *db, int64_t upload, uint32_t number, char etag[UPLOAD_ETAG_MAX],
                     struct err *err) MUST_CHECK;
/* How many parts are recorded, and their bytes. -1 on error. */
int64_t upload_part_count(struct db *db, int64_t upload, uint64_t *size_bytes,
                          struct err *err) MUST_CHECK;

#endif
