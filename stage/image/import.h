/*
 * import: one source on its way into the root: what every step needs, and where the bytes of a
 * digest are to be had.
 *
 * The bytes of a blob are looked for in this order (I9, P2):
 *
 *     root     the root holds them verified: nothing is read      (with --recheck only where the
 *              source does not have them)
 *     temp     they are in the temp store already
 *     entry    blobs/<alg>/<hex> of the archive, or <hex> of a dir: folder
 *     inflate  a plain layer that we have compressed on the way, or earlier
 *     remote   the registry, by what its documents say
 */
#ifndef DRYDOCK_STAGE_IMAGE_IMPORT_H
#define DRYDOCK_STAGE_IMAGE_IMPORT_H

#include "base/digest_map.h"
#include "base/event.h"
#include "base/layout.h"
#include "db/root/root.h"
#include "stage/archive/source.h"
#include "stage/image/options.h"
#include "stage/image/remote.h"

enum import_paths {
	PATHS_OCI, /* blobs/<alg>/<hex> */
	PATHS_DIR, /* <hex>, <hex>.manifest.json: what skopeo writes as dir: */
};

struct import {
	struct root *root; /* borrowed, as all pointers here */
	const struct stage_options *options;
	const struct event_sink *sink;
	struct stage_limits limits;
	struct temp_store
		store; /* in a dry run also what sources before this one would have brought */
	struct write_queue queue;
	struct spool spool;
	struct source source;
	struct remote remote; /* of a docker:// source */
	enum import_paths paths;
	struct digest_map rooted; /* what import_find has found in the root: it stays there */
	uint64_t read_bytes, total_bytes; /* of entries, where the source can seek: for progress */
};

enum place_kind {
	PLACE_NOWHERE,
	PLACE_ROOT,
	PLACE_TEMP,
	PLACE_ENTRY,
	PLACE_INFLATE,
	PLACE_REMOTE,
};

struct place {
	enum place_kind kind;
	char key[KEY_MAX];   /* PLACE_ROOT; PLACE_INFLATE when `temp` is 0 */
	uint32_t temp;       /* PLACE_TEMP, PLACE_INFLATE: number in the store */
	struct entry entry;  /* PLACE_ENTRY */
	uint64_t size_bytes; /* of what is there: for PLACE_INFLATE of the compressed bytes */
};

/* import_release in any case. */
int import_init(struct import *import, struct root *root, const struct stage_options *options,
                const struct event_sink *sink, struct pool *pool, const char *source_text,
                struct err *err) MUST_CHECK;
void import_release(struct import *import);

/*
 * Behind import_init and before import_release: nothing is written, and what sources before this
 * one would have published is taken from `store` and put there again, with that of this one.
 */
void import_dry_begin(struct import *import, struct temp_store *store, struct scratch *scratch);
void import_dry_end(struct import *import, struct temp_store *store);
/* What is planned counts as what the root has: the blob's number, or 0. */
uint32_t import_find_planned(const struct import *import, const struct digest *digest);

/*
 * Whether the other sources would meet an error of this one too (err_scope). The disk is an
 * exception: all of them are written to the same one.
 */
static inline bool import_ends_with(const struct err *err)
{
	return err_scope(err) == ERR_SCOPE_RUN || err->code == ERR_STORAGE;
}

/* Where the bytes are; PLACE_NOWHERE is no error. */
int import_find(struct import *import, const struct digest *digest, struct place *place,
                struct err *err) MUST_CHECK;

/* Whether it is known that import_find would say PLACE_ROOT; false does not tell that it is not. */
bool import_is_in_root(const struct import *import, const struct digest *digest);

/* Opens what is at the place, for source_bytes_close; for PLACE_INFLATE the compressed bytes. */
int import_open(struct import *import, const struct place *place, struct source_bytes *bytes,
                struct err *err) MUST_CHECK;

/* Appends the bytes to `out` and checks that they have the digest. Not for PLACE_INFLATE. */
int import_text(struct import *import, const struct digest *digest, const struct place *place,
                const struct json_limits *limits, struct str *out, struct err *err) MUST_CHECK;

/* The text of an entry found by its name: manifest.json, a config. */
int import_entry_text(struct import *import, const struct entry *entry,
                      const struct json_limits *limits, struct str *out,
                      struct err *err) MUST_CHECK;

/*
 * Brings the bytes of a place into the temp store (unless they are there, or in the root). `path`
 * names the descriptor that wants them in errors, beside the entry: "sha256:…: layers[3]".
 */
int import_fetch(struct import *import, const struct digest *digest, const struct place *place,
                 const char *path, struct err *err) MUST_CHECK;

/* Writes bytes of ours into the temp store, unless they are there or in the root. */
int import_keep(struct import *import, const struct digest *digest, const void *bytes, size_t len,
                struct err *err) MUST_CHECK;

#endif
