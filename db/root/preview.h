/*
 * preview: a registry root for a dry run of what would write to it. Nothing is written or locked,
 * and a root that is not there is told as one that would be made, with an empty state in memory.
 */
#ifndef DRYDOCK_DB_ROOT_PREVIEW_H
#define DRYDOCK_DB_ROOT_PREVIEW_H

#include "db/root/root.h"

/*
 * Opens the root for reading, or says (a note) that one would be made. Errors are those that
 * root_open has in ROOT_CREATE, as far as they can be foreseen. root->tmp is no place for files
 * here, but a folder of the file system that the root is on, or would be; root->dir is -1 when
 * there is no root. Close it with root_close.
 */
int root_preview(struct root *root, const char *path, const struct event_sink *sink,
                 struct err *err) MUST_CHECK;

#endif
