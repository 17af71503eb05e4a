/* status: counts for people, from the state alone. */
#ifndef DRYDOCK_DB_STATE_STATUS_H
#define DRYDOCK_DB_STATE_STATUS_H

#include "base/digest.h"
#include "db/state/db.h"

struct status_totals {
	uint64_t repos, tags, objects; /* without removed tags */
	uint64_t bytes; /* of blobs and manifests, each once, however many repositories link it */
};
int status_totals(struct db *db, struct status_totals *totals, struct err *err) MUST_CHECK;

/* What this root has not yet seen in a bucket as it is here now. */
struct status_waiting {
	uint64_t objects, bytes; /* of the tree: a copy on the server may do for some */
	uint64_t tombstones;     /* removed tags that the bucket may still have */
	uint64_t kept;           /* tags that the bucket has newer: the last sync left them alone */
	uint64_t uploads;        /* multipart uploads under way */
	uint64_t upload_bytes,
		upload_done_bytes; /* of those uploads: in all, and recorded as arrived */
};
int status_waiting(struct db *db, int64_t remote, struct status_waiting *waiting,
                   struct err *err) MUST_CHECK;

/*
 * Every remote that a sync has reached (a mistyped endpoint is none). Text is borrowed for the
 * duration of the call.
 */
typedef int (*status_remote_fn)(void *context, int64_t id, const char *endpoint, const char *bucket,
                                const char *prefix, int64_t synced_at, struct err *err);
int status_remotes(struct db *db, status_remote_fn fn, void *context, struct err *err) MUST_CHECK;

/*
 * Of the image or index `d`: bytes of everything present that it reaches, each once, itself
 * included.
 */
int status_image_bytes(struct db *db, const struct digest *d, uint64_t *bytes,
                       struct err *err) MUST_CHECK;

#endif
