/*
 * verify_remote: checks a bucket against the root's state (G4 of the sync requirements): every
 * recorded object, and v2/ itself, is there, with its size, its Content-Type and, where it carries
 * them, its SHA-256 and MD5; in full, every byte is fetched and hashed. Changes nothing anywhere.
 *
 * What other roots may change is no fault: a tag that points elsewhere is told as a warning, and
 * lists need only be there.
 */
#ifndef DRYDOCK_SYNC_VERIFY_REMOTE_H
#define DRYDOCK_SYNC_VERIFY_REMOTE_H

#include "sync/sync.h"

enum verify_depth { VERIFY_HEADS, VERIFY_FULL };

struct verify_remote_result {
	uint64_t objects, bytes; /* checked; bytes that were read and hashed */
	uint64_t bad;            /* missing, or not what the root has; each is an EVENT_ERROR */
	uint64_t failed;         /* that could not be looked at, and so may be either; likewise */
	uint64_t moved;          /* tags that point elsewhere in the bucket */
};

/*
 * -1 with ERR_INTEGRITY when something is bad, with what the server answered when that could not be
 * told (ERR_AUTH, ERR_TEMPORARY), the worse of both. `root` may be open for reading; of `options`
 * those that say where the bucket is, how many transfers, and for how long.
 */
int verify_remote(struct root *root, const struct sync_options *options, enum verify_depth depth,
                  const struct event_sink *sink, struct verify_remote_result *result,
                  struct err *err) MUST_CHECK;

#endif
