/*
 * refresh: makes again what `drydock headers SERVER --output FILE` has written, when the root's
 * tags or types have changed since. The file's first line tells how it was made.
 */
#ifndef DRYDOCK_STAGE_HEADERS_REFRESH_H
#define DRYDOCK_STAGE_HEADERS_REFRESH_H

#include "stage/headers/headers.h"

struct headers_file {
	enum headers_server server; /* one that listens */
	const char *path;           /* absolute, within the text that it was parsed from */
};

/* SERVER:/FILE, as --headers takes it. ERR_USAGE. */
int headers_file_parse(struct headers_file *file, const char *text, struct err *err) MUST_CHECK;

enum headers_freshness {
	HEADERS_FRESH,        /* nothing had to be written */
	HEADERS_MAP_WRITTEN,  /* the file beside it alone: its server reads that by itself */
	HEADERS_FILE_WRITTEN, /* its server has to load it */
};

/*
 * enum headers_freshness; -1 with ERR_CONFIG for a file that is not there or was not made so:
 * nothing else is ever overwritten.
 */
int headers_refresh(const struct root *root, const struct headers_file *file,
                    struct err *err) MUST_CHECK;

#endif
