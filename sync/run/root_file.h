/*
 * root_file: the files of the root, as bodies of requests. Opened below the root by key, never
 * through a link; their size must be the state's. Whether their bytes are still the recorded ones
 * is checked by the server, which is told their hashes; only when it disagrees are they hashed
 * again here.
 */
#ifndef DRYDOCK_SYNC_RUN_ROOT_FILE_H
#define DRYDOCK_SYNC_RUN_ROOT_FILE_H

#include "sync/s3/etag.h"

#include "db/root/root.h"

/* Returns a descriptor. ERR_INTEGRITY when the file is gone, no file, or of another size. */
int root_file_open(const struct root *root, const char *key, uint64_t size_bytes,
                   struct err *err) MUST_CHECK;

/* The hash of `length_bytes` from `offset_bytes` on. */
int root_file_hash(int fd, uint64_t offset_bytes, uint64_t length_bytes, enum hash_kind kind,
                   uint8_t *out, const char *what, struct err *err) MUST_CHECK;

/*
 * E1: whether the file is what an ETag says, in one read: the whole, or its parts for one of the
 * sizes that other tools use. 1 with *part_bytes set (0: the whole), 0 not (also where the file is
 * gone, damaged or cannot be read, which sending it will tell), -1.
 */
int root_file_has_etag(const struct root *root, const char *key, uint64_t size_bytes,
                       const char *text, uint64_t *part_bytes, struct err *err) MUST_CHECK;

#endif
