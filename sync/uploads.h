/*
 * uploads: the multipart uploads that this root has under way in a bucket: to show them, and to
 * clear them away. Only what this root recorded is ever touched (M4).
 */
#ifndef DRYDOCK_SYNC_UPLOADS_H
#define DRYDOCK_SYNC_UPLOADS_H

#include "sync/sync.h"

struct uploads_row { /* text borrowed for the call */
	const char *key;
	const char *upload_id;             /* "" when the answer to Create is not known */
	const char *state;                 /* "open", "completing", … */
	int adopted;                       /* found after a lost answer: it is left alone (M3) */
	uint64_t size_bytes;               /* of the object */
	uint64_t arrived_bytes;            /* of its parts that are recorded */
	uint64_t parts_total, parts_there; /* how many; likewise */
	int64_t created_at;                /* the server's clock, seconds */
};

typedef int (*uploads_fn)(void *context, const struct uploads_row *row, struct err *err);

/* From the state alone; `root` may be open for reading. Nothing recorded: no call. */
int uploads_each(struct root *root, const struct sync_options *options,
                 const struct event_sink *sink, uploads_fn fn, void *context,
                 struct err *err) MUST_CHECK;

/*
 * Aborts them, taking the remote's lock; *aborted: how many. Adopted ones are only forgotten. One
 * that could not be aborted is a warning and stays recorded; -1 then when all have been tried, with
 * ERR_PARTIAL, or when none could be with the worst of what the server answered. `root` is open as
 * ROOT_SYNC.
 */
int uploads_abort(struct root *root, const struct sync_options *options,
                  const struct event_sink *sink, uint64_t *aborted, struct err *err) MUST_CHECK;

#endif
