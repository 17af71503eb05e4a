/*
 * user_file: files that the user keeps or has named in an option: links are followed, and they may
 * be pipes and /dev/null.
 */
#ifndef DRYDOCK_BASE_USER_FILE_H
#define DRYDOCK_BASE_USER_FILE_H

#include "base/err.h"
#include "base/event.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Appends the whole file to `out`. ERR_NOT_FOUND when it is not there; ERR_CONFIG when it is a
 * folder, may not be opened, has more than out->max bytes, or is a pipe that no program opens for
 * writing within a few seconds; ERR_INTERRUPTED: what a program writes is waited for.
 */
int user_file_read(const char *path, struct str *out, struct err *err) MUST_CHECK;

/*
 * Whether it is a regular file that may be read. It must be one where another than us opens it by
 * its name (libcurl does): of a pipe nothing is left when it was read once, and an open of one may
 * wait for ever. ERR_NOT_FOUND, ERR_CONFIG.
 */
int user_file_check(const char *path, struct err *err) MUST_CHECK;

/* Whether every user of the machine can read it; never of pipes and devices. */
bool user_file_is_exposed(const char *path);
/*
 * Warns of a file that holds secrets ("passwords") and that every user can read: once in the life
 * of the process, whatever its name. From one thread only. `path` may be NULL or that of no file.
 */
void user_file_warn_exposed(const char *path, const char *holds, const struct event_sink *sink);

/*
 * Opens for writing at its end, and makes it where it is not there. A pipe must have a reader, for
 * which open(2) would wait. `what` it is, for the message.
 */
int user_file_append(const char *path, const char *what, struct err *err) MUST_CHECK;
/* The same as a stream, which the caller closes; NULL on failure. */
FILE *user_file_append_lines(const char *path, const char *what, struct err *err);

#endif
