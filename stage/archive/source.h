/*
 * source: what the user named, opened, and its entries findable by name, whether it is a tar in a
 * file, a stream, or a folder.
 *
 *     source_open(&source, "oci-archive:app.tar", &spool, err)
 *     source_find(&source, "index.json", &entry, err)
 *     source_bytes(&source, &entry, &bytes, err)     a descriptor, an offset and a size
 *     source_close(&source)
 *
 * SOURCE_TAR     plain tar in a regular file: only the headers are read at opening; bytes are read
 *                at their offset when they are wanted.
 * SOURCE_STREAM  standard input, a pipe, or compressed: read once at opening, through the spool.
 * SOURCE_FOLDER  nothing is read at opening; names are looked up one component at a time, without
 *                following links on disk: they resolve by entry_map's rules inside the folder.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_SOURCE_H
#define DRYDOCK_STAGE_ARCHIVE_SOURCE_H

#include "stage/archive/spool.h"

enum source_prefix {
	PREFIX_NONE, /* found out by content */
	PREFIX_DOCKER_ARCHIVE,
	PREFIX_OCI_ARCHIVE,
	PREFIX_OCI,
	PREFIX_DIR,
	PREFIX_DOCKER_DAEMON,
	PREFIX_REGISTRY,
};

enum source_kind {
	SOURCE_TAR,
	SOURCE_STREAM,
	SOURCE_FOLDER,
	SOURCE_REGISTRY, /* has no entries: stage/image/import_remote.h asks for what is wanted */
};

struct source {
	const char *text;  /* borrowed: as typed */
	const char *path;  /* behind the prefix, without the image */
	const char *image; /* what follows the path: oci:DIR:TAG; NULL: nothing */
	char *parts;       /* owned: path and image, where they had to be taken apart */
	enum source_prefix prefix;
	enum source_kind kind;
	int fd; /* the file or the folder, -1 when closed */
	bool own_fd;
	struct entry_map map;
	struct spool *spool; /* borrowed: where a stream's bytes are */
};

/*
 * Splits off the prefix and, behind oci:, oci-archive: and docker-archive:, the image. Paths may
 * have colons: of the parts that end at one, and the whole, the longest that exists is the path.
 */
int source_init(struct source *source, const char *text, struct err *err) MUST_CHECK;

/* Of errno, after an open() of what the user named: as err_sys, but ERR_NOT_FOUND, too, where it
 * may not be read, which is no fault of the disk's. */
int source_not_opened(struct err *err);
/*
 * Opens source->path ("-" is standard input) and reads what must be read. ERR_NOT_FOUND when it is
 * not there or may not be read. `spool` is borrowed as long as the source is open.
 */
int source_open(struct source *source, struct spool *spool, struct err *err) MUST_CHECK;
/* As source_open, for a stream that the caller has opened; the descriptor is borrowed. */
int source_open_stream(struct source *source, int fd, struct spool *spool,
                       struct err *err) MUST_CHECK;
void source_close(struct source *source);

/* The file behind a name: 1 found, 0 not there, -1. */
int source_find(struct source *source, const char *name, struct entry *entry,
                struct err *err) MUST_CHECK;

/* Where an entry's bytes are. */
struct source_bytes {
	int fd;
	bool own; /* fd is closed by source_bytes_close */
	uint64_t offset, size_bytes;
};
/* Not for entries of streams that were compressed on the way: see temp_blob.origin. */
int source_bytes(struct source *source, const struct entry *entry, struct source_bytes *bytes,
                 struct err *err) MUST_CHECK;
void source_bytes_close(struct source_bytes *bytes);

/* Appends all of an entry to `out`; more than `max_bytes` is ERR_REFUSED. */
int source_text(struct source *source, const struct entry *entry, uint64_t max_bytes,
                struct str *out, struct err *err) MUST_CHECK;

#endif
