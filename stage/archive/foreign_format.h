/*
 * foreign_format: what bytes are that are no tar, told by how they begin, and what to do about it.
 * Pure.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_FOREIGN_FORMAT_H
#define DRYDOCK_STAGE_ARCHIVE_FOREIGN_FORMAT_H

#include <stddef.h>

enum { FOREIGN_FORMAT_BYTES = 512 }; /* what it wants to see, if there are as many */

/* "a zip file: unpack it (unzip) …", static; NULL when nothing is known. */
const char *foreign_format(const void *head, size_t len);

#endif
