/*
 * scratch: where a dry run keeps the few bytes that it reads again, since it has no folder to write
 * to: documents, and of a stream what is known only at its end to be a layer or not. The first of
 * them are in memory, what is more in an unlinked file of $TMPDIR.
 *
 *     struct scratch scratch = SCRATCH_INIT;
 *     scratch_reserve(&scratch, size, &kept, err)     room for so many bytes
 *     … pwrite(kept.fd, …, kept.offset), which may be on any thread …
 *     scratch_release(&scratch);
 */
#ifndef DRYDOCK_STAGE_BLOB_SCRATCH_H
#define DRYDOCK_STAGE_BLOB_SCRATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SCRATCH_MEMORY_BYTES = 32 << 20 };

struct scratch {
	int memory, file; /* owned descriptors; -1: not needed yet */
	uint64_t memory_bytes, file_bytes;
};

#define SCRATCH_INIT                                                                               \
	{                                                                                          \
		-1, -1, 0, 0                                                                       \
	}

/* Where the bytes of one blob are kept; all zero: nowhere. */
struct scratch_range {
	bool there;
	int fd; /* borrowed */
	uint64_t offset, size_bytes;
};

int scratch_reserve(struct scratch *scratch, uint64_t size_bytes, struct scratch_range *range,
                    struct err *err) MUST_CHECK;
/* Writes into the range, `at` bytes behind its beginning. */
int scratch_write(const struct scratch_range *range, uint64_t at, const void *data, size_t len,
                  struct err *err) MUST_CHECK;
void scratch_release(struct scratch *scratch);

#endif
