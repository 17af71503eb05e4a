/*
 * marker: the file by which drydock knows in an exported tree what it has put there, and what a run
 * that was killed was about to do. A line for each file, in the order of keys:
 *
 *     drydock-export 1
 *     = b 12345 sha256:… v2/app/blobs/sha256:…      is there, and is this
 *     + t 512 sha256:… v2/app/manifests/1.0         is to be there
 *     - l 0 sha256:… v2/old/tags/list               is to go
 *
 * It is replaced as a whole: before anything else is done, with signs that say what will be, and at
 * the end, with = alone. So the files of a run that dies are known to the next one
 * (H8).
 *
 *     struct marker old;
 *     if (marker_open(&old, dir, err) < 0) …                 no marker is an empty one
 *     while ((got = marker_next(&old, &item, err)) > 0) …    marker_close(&old);
 *
 *     struct marker_writer new;
 *     if (marker_create(&new, dir, err) < 0) …
 *     marker_add(&new, &item, err) …
 *     marker_commit(&new, err) …                             or marker_abandon(&new);
 */
#ifndef DRYDOCK_STAGE_EXPORT_MARKER_H
#define DRYDOCK_STAGE_EXPORT_MARKER_H

#include "base/layout.h"
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>

#define MARKER_NAME ".drydock-export"
#define MARKER_TEMP ".drydock-export.new" /* also of a file on its way to its place */

enum export_sign { EXPORT_THERE = '=', EXPORT_WANTED = '+', EXPORT_GONE = '-' };

/* What a file is, in the order in which files are put there; they go in the opposite one. */
#define EXPORT_KINDS "hbmirftlc"
enum export_kind {
	KIND_HOST = 'h', /* the host's own */
	KIND_BLOB = 'b',
	KIND_MANIFEST = 'm',
	KIND_INDEX = 'i',
	KIND_REFERRERS = 'r',
	KIND_FALLBACK = 'f',
	KIND_TAG = 't',
	KIND_LIST = 'l',
	KIND_CATALOG = 'c',
};

struct export_item {
	enum export_sign sign;
	enum export_kind kind;
	uint64_t size_bytes;
	struct digest digest; /* of the bytes */
	char key[KEY_MAX];
};

struct marker {
	FILE *file; /* owned; NULL: there is no marker */
	unsigned line;
};

int marker_open(struct marker *m, int dir, struct err *err) MUST_CHECK;
/* 1, 0 at the end, -1. ERR_MALFORMED for a line that drydock cannot have written. */
int marker_next(struct marker *m, struct export_item *item, struct err *err) MUST_CHECK;
void marker_close(struct marker *m);

struct marker_writer {
	int dir; /* borrowed */
	int fd;
	struct str buffer; /* owned */
};

int marker_create(struct marker_writer *w, int dir, struct err *err) MUST_CHECK;
int marker_add(struct marker_writer *w, const struct export_item *item, struct err *err) MUST_CHECK;
int marker_commit(struct marker_writer *w, struct err *err) MUST_CHECK;
void marker_abandon(struct marker_writer *w);

#endif
