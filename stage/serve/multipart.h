/*
 * multipart: several ranges of a blob in one body, multipart/byteranges (RFC 9110, 14.6). What is
 * between the ranges is made when it is read, so that an answer is no larger than this struct.
 */
#ifndef DRYDOCK_STAGE_SERVE_MULTIPART_H
#define DRYDOCK_STAGE_SERVE_MULTIPART_H

#include "base/err.h"
#include "stage/serve/range.h"

#include <sys/types.h>

enum { BOUNDARY_MAX = 33 };

struct multipart {
	int fd;              /* of the blob; borrowed */
	uint64_t blob_bytes; /* its size */
	struct ranges ranges;
	char boundary[BOUNDARY_MAX]; /* random: no blob can hold it but by chance */
};

/* Length of the whole body. */
uint64_t multipart_bytes(const struct multipart *m);

/* Reads the body from `at` on: at least 1 byte and at most `max`, 0 at its end, -1. */
ssize_t multipart_read(const struct multipart *m, uint64_t at, char *out, size_t max,
                       struct err *err) MUST_CHECK;

#endif
