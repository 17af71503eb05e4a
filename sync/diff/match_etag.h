/*
 * match_etag: reads a file of the root to find out whether the bucket's ETag is of the same bytes
 * (tier E1): an ETag of another tool's part size, or of a whole whose MD5 stage has left out
 * (md5_known of base/hash.h). What was found is recorded, so that the next run knows without
 * reading.
 */
#ifndef DRYDOCK_SYNC_DIFF_MATCH_ETAG_H
#define DRYDOCK_SYNC_DIFF_MATCH_ETAG_H

#include "sync/run/run.h"

/*
 * `etag` is what the bucket has under `key`, with as many bytes. 1 the same bytes, 0 not (also
 * where the file is gone, damaged or cannot be read, which sending it will tell), -1.
 */
int match_etag(struct sync_run *run, const char *key, const struct digest *digest,
               uint64_t size_bytes, const char *etag, struct err *err) MUST_CHECK;

#endif
