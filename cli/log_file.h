/*
 * log_file: --log-file. Lines are appended, each with the time and the run that wrote it, so that
 * the runs of several roots and commands can share a file:
 *
 *     2026-11-29T05:41:00.123Z 5f3a9c2e sync: begins: drydock 0.1.0
 *     2026-11-29T05:41:02.654Z 5f3a9c2e sync: app:1.0 is complete: 3 layers, 52.0 MiB sent
 *     2026-11-29T05:41:02.701Z 5f3a9c2e sync: ends: status 0
 *
 * After a hangup (base/hangup.h) lines go to the file that has the name then.
 */
#ifndef DRYDOCK_CLI_LOG_FILE_H
#define DRYDOCK_CLI_LOG_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { LOG_FILE_RUN_MAX = 9 };

struct log_file {            /* all zero: there is none */
	FILE *file;          /* owned */
	const char *path;    /* borrowed */
	int hangups;         /* hangup_count() when the file was opened */
	const char *command; /* borrowed */
	char run[LOG_FILE_RUN_MAX];
	int64_t wrote_at_ms; /* monotonic: the last line */
};

/* Opens the file, or makes it, and tells that the run begins. */
int log_file_open(struct log_file *log, const char *path, const char *command,
                  struct err *err) MUST_CHECK;
/* Appends `text`, each line of it as one; control characters do not reach the file. */
void log_file_add(struct log_file *log, const char *label, const char *text);
/* Opens the file anew when that is wished, also where there is nothing to write. */
void log_file_follow(struct log_file *log);
/* Tells how the run ended, and why where that was not told; NULL: nothing. -1 when not all lines
 * could be written. */
int log_file_close(struct log_file *log, int status, const char *why);

#endif
