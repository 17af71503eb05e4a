/*
 * partials: blobs on their way from a network, in tmp/ under the name of their digest. They outlive
 * the run that began them, so that the next one asks only for what is missing (R6); a blob that is
 * whole keeps that name too until it is published.
 *
 *     tmp/partial-sha256-<hex>
 *
 * The bytes are checked when the blob is whole, not before: a partial is worth no more than that
 * another run need not fetch them. One that nobody has gone on with for PARTIAL_KEEP_MS is removed
 * when the root is opened for writing; gc removes them all.
 */
#ifndef DRYDOCK_DB_ROOT_PARTIALS_H
#define DRYDOCK_DB_ROOT_PARTIALS_H

#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define PARTIAL_PREFIX "partial-"

enum {
	PARTIAL_NAME_MAX = sizeof(PARTIAL_PREFIX) + DIGEST_TEXT_MAX,
	PARTIAL_KEEP_MS = 7 * 24 * 3600 * 1000, /* since it was last written to */
};

struct partials {
	uint64_t count, bytes;
};

/* Returns `name`. */
const char *partial_name(const struct digest *digest, char name[PARTIAL_NAME_MAX]);
bool partial_name_is(const char *name);
/* Whether `name` in `tmp_dir` is a partial that a later run may still want. */
bool partial_is_kept(int tmp_dir, const char *name);

/* Counts what lies in tmp/ of that root's private folder, also where the root is only read. */
int partials_count(int private_dir, struct partials *found, struct err *err) MUST_CHECK;
/* Removes all of them, and counts what went. */
int partials_remove(int private_dir, struct partials *gone, struct err *err) MUST_CHECK;

#endif
