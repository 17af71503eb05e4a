/*
 * spool: one pass over a stream that cannot seek (N1). Every file entry is written to the
 * temp store as it passes: a plain tar is taken for a layer of a docker-archive and compressed at
 * once, everything else (documents, compressed layers) is kept as it is. What the roles are is
 * known only at the end; a wrong guess costs one more write, and what nothing refers to is dropped.
 *
 * An entry whose name is the digest of what the root holds, or of a plain layer that the root holds
 * compressed, is not written again: it gets number 0.
 *
 * A dry run (write_queue.scratch) writes nothing, and keeps only what it may have to read again.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_SPOOL_H
#define DRYDOCK_STAGE_ARCHIVE_SPOOL_H

#include "db/root/root.h"
#include "stage/archive/entry_map.h"
#include "stage/archive/tar_reader.h"
#include "stage/blob/write_queue.h"

enum spool_trust {
	SPOOL_TRUST_ROOT, /* as above */
	SPOOL_READ_ALL,   /* --recheck */
};

struct spool {
	struct write_queue *queue; /* borrowed */
	struct root *root;         /* borrowed */
	struct recipe recipe;      /* for plain layers */
	enum spool_trust trust;
	bool docker_names; /* a blob may be a docker-archive's layer, whatever it is called */
	void (*progress)(void *context, uint64_t bytes); /* compressed bytes read so far */
	void *context;                                   /* borrowed, for `progress` */
};

/* Reads the whole of `fd` and fills `map` (which the caller seals). */
int spool_read(struct spool *spool, int fd, const char *label, struct entry_map *map,
               struct err *err) MUST_CHECK;

/* Whether a dry run has passed over the bytes, since they are a tar. */
static inline bool spool_has_hashed(const struct spool *spool, uint32_t number)
{
	return spool->queue->scratch && !temp_store_get(spool->queue->store, number)->scratch.there;
}

/*
 * The digest that an entry's name promises: "blobs/<alg>/<hex>", and false for all other names
 * (layers and configs of docker-archives are checked by the modules that know their role).
 */
bool spool_name_digest(const char *name, struct digest *digest);

/* What the map calls an entry of a tar; not for folders, which it does not hold. */
enum entry_kind entry_kind_of(enum tar_entry_kind kind);

#endif
