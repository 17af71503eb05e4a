/*
 * tar_reader: the entries of a tar, plain or inside gzip, zstd, xz or bzip2, over libarchive.
 *
 *     struct tar_reader *t = tar_reader_new(fd, TAR_STREAM, "app.tar", err);
 *     while ((got = tar_reader_next(t, &entry, err)) > 0)
 *             while ((n = tar_reader_read(t, buffer, sizeof(buffer), err)) > 0) …
 *     tar_reader_free(t);
 *
 * Stricter than libarchive (N3): every status but OK ends the reading (a name in an odd
 * charset excepted), sparse files and devices are refused, data that the file is too short for is
 * an error, and so is an end without the end-of-archive block, because a tar that was cut between
 * two entries looks just like that. PAX sizes govern.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_TAR_READER_H
#define DRYDOCK_STAGE_ARCHIVE_TAR_READER_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

enum tar_mode {
	TAR_STREAM, /* read from front to back, decompressed on the way */
	TAR_SEEK,   /* a plain tar in a regular file: data that is not read is jumped over */
};

enum tar_entry_kind { TAR_FILE, TAR_FOLDER, TAR_SYMLINK, TAR_HARDLINK };

struct tar_entry {
	enum tar_entry_kind kind;
	const char *name;   /* as it is written there; borrowed until the next entry */
	const char *target; /* of links; borrowed likewise */
	uint64_t offset;    /* of the data in the plain tar */
	uint64_t size_bytes;
};

struct tar_reader;

/* `fd` is borrowed; `label` is for messages and borrowed too. */
struct tar_reader *tar_reader_new(int fd, enum tar_mode mode, const char *label,
                                  struct err *err) MUST_CHECK;
/* 1: the next entry, 0: the end was reached and is whole, -1. */
int tar_reader_next(struct tar_reader *t, struct tar_entry *entry, struct err *err) MUST_CHECK;
/* The entry's data; 0 at its end. */
ssize_t tar_reader_read(struct tar_reader *t, void *data, size_t len, struct err *err) MUST_CHECK;
/* TAR_STREAM: bytes taken from `fd` so far, for progress. */
uint64_t tar_reader_consumed(const struct tar_reader *t);
void tar_reader_free(struct tar_reader *t);

/* Whether a block of 512 bytes is a tar header (its check sum is right) or all zero. */
int tar_is_header(const void *head, size_t len);

#endif
