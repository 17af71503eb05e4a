/*
 * verify_remote: checks a bucket against the root's state (G4): every recorded object, and v2/
 * itself, is there, with its size, its Content-Type and, where it carries them, its SHA-256 and
 * MD5; in full, every byte is fetched and hashed. Changes nothing anywhere.
 *
 * What other roots may change is no fault: a tag that points elsewhere is told as a warning, and
 * lists need only be there. Nor is what waits for the next sync: an object that is not there and of
 * which the state has no record for this remote, and a tag that is as this root last sent it.
 */
#ifndef DRYDOCK_SYNC_VERIFY_REMOTE_H
#define DRYDOCK_SYNC_VERIFY_REMOTE_H

#include "sync/sync.h"

enum verify_depth { VERIFY_HEADS, VERIFY_FULL };

struct verify_remote_result {
	uint64_t objects; /* that were looked at */
	uint64_t bytes;   /* that were read and hashed */
	uint64_t bad;     /* objects that are missing or other than the root's: EVENT_ERROR each */
	uint64_t failed;  /* objects that could not be looked at: EVENT_ERROR each */
	uint64_t moved;   /* tags that point elsewhere in the bucket: EVENT_WARNING each */
	uint64_t waiting; /* objects that were not sent yet: EVENT_WARNING for each tag of them */
};

/*
 * -1 with ERR_INTEGRITY when an object is bad, with the server's answer when one could not be
 * looked at (ERR_AUTH, ERR_TEMPORARY), with the worse of both; with ERR_NOT_FOUND when there is no
 * bucket, or no registry below the prefix, or else when something waits for the next sync. `root`
 * may be open for reading. Of `options` those count that say where the bucket is, how many requests
 * go at once, and for how long.
 */
int verify_remote(struct root *root, const struct sync_options *options, enum verify_depth depth,
                  const struct event_sink *sink, struct verify_remote_result *result,
                  struct err *err) MUST_CHECK;

#endif
