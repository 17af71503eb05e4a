/*
 * remote: a bucket that this root is synced to, and what was learned of it. A remote is its
 * endpoint, bucket and prefix (K8).
 */
#ifndef DRYDOCK_DB_STATE_REMOTE_H
#define DRYDOCK_DB_STATE_REMOTE_H

#include "db/state/db.h"
#include "db/state/upload.h"

#include <stdbool.h>

enum { REMOTE_REGION_MAX = 64 };

struct remote_row {
	int64_t id;
	char region[REMOTE_REGION_MAX]; /* as the server corrected it; "": as configured */
	int64_t no_conditions_since; /* seconds: conditional writes were refused then; 0: never */
	bool if_match_quoted; /* If-Match holds with the quotes of its ETag, and not without them */
	int64_t generation;   /* counts the syncs that changed something and ended whole */
	int64_t synced_at;    /* seconds, UTC: start of the last of those; 0: none yet */
};

/* 1 found, 0 not found, -1. */
int remote_find(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err) MUST_CHECK;
/* As remote_find, but a remote that is not there is made. 0, or -1. */
int remote_need(struct db *db, const char *endpoint, const char *bucket, const char *prefix,
                struct remote_row *row, struct err *err) MUST_CHECK;

/* What an endpoint was called that now has this name. The rest stays as it is. */
int remote_rename(struct db *db, int64_t id, const char *endpoint, struct err *err) MUST_CHECK;
/*
 * Calls fn with each name under which the bucket and prefix are recorded, the one first that was
 * synced last. What fn returns ends it, unless that is 0.
 */
typedef int remote_name_fn(void *context, int64_t id, const char *endpoint, struct err *err);
int remote_names_each(struct db *db, const char *bucket, const char *prefix, remote_name_fn *fn,
                      void *context, struct err *err) MUST_CHECK;

/* A remote as it is named. Borrowed for the duration of the call. */
struct remote_name {
	int64_t id;
	const char *endpoint, *bucket, *prefix;
};
typedef int remote_fn(void *context, const struct remote_name *name, struct err *err);
int remote_each(struct db *db, remote_fn *fn, void *context, struct err *err) MUST_CHECK;

/*
 * The note of a run that is changing the bucket, for the next one should it not end
 * (sync/diff/unrecorded.h). One for each remote; it is kept in the table meta.
 */
struct remote_note {
	char token[UPLOAD_TOKEN_TEXT_MAX]; /* of the objects it sends; "": all are recorded */
	int64_t since;                     /* seconds, by the server's clock */
};

/* 1 with *note, 0, -1. */
int remote_note_get(struct db *db, int64_t id, struct remote_note *note,
                    struct err *err) MUST_CHECK;
int remote_note_put(struct db *db, int64_t id, const struct remote_note *note,
                    struct err *err) MUST_CHECK;
int remote_note_clear(struct db *db, int64_t id, struct err *err) MUST_CHECK;

int remote_set_region(struct db *db, int64_t id, const char *region, struct err *err) MUST_CHECK;
/* Records no_conditions_since and if_match_quoted of row->id. */
int remote_set_quirks(struct db *db, const struct remote_row *row, struct err *err) MUST_CHECK;
/* A sync that began at `started_at` ended whole: the generation grows. */
int remote_synced(struct db *db, int64_t id, int64_t started_at, struct err *err) MUST_CHECK;

#endif
