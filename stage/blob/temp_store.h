/*
 * temp_store: the finished files in ROOT/.drydock/tmp that are not published yet, by the digest of
 * what they hold and by the digest of the plain bytes they were made from. Numbers count from 1, so
 * that 0 can mean "none". What is still here when the store is released is removed, but partials
 * (db/root/partials.h).
 */
#ifndef DRYDOCK_STAGE_BLOB_TEMP_STORE_H
#define DRYDOCK_STAGE_BLOB_TEMP_STORE_H

#include "base/blob_sum.h"
#include "base/digest_map.h"
#include "stage/blob/writer.h"

/* What a dry run knows of a blob: see stage/tree/publish_plan.h. */
enum temp_plan {
	TEMP_UNPLANNED,
	TEMP_PLANNED,        /* the source at hand would publish it */
	TEMP_PLANNED_BEFORE, /* a source before it would: then the root would hold it by now */
};

struct temp_blob {
	char name[BLOB_TEMP_NAME_MAX]; /* "" once it was published or dropped */
	struct scratch_range scratch;  /* of a dry run, as what follows */
	enum temp_plan plan;
	uint64_t plain_bytes;    /* of `plain` */
	struct recipe recipe;    /* of the layer `plain`; RECIPE_NONE: not known to be one */
	struct digest plain;     /* DIGEST_NONE under RECIPE_NONE */
	struct blob_sums stored; /* owned; SHA-256 is always there */
};

struct temp_store {
	int tmp_dir;              /* borrowed; -1 in a dry run, which has no files */
	struct temp_blob **blobs; /* owned; the blobs stay where they are when the array grows */
	uint32_t count;
	size_t cap;
	struct digest_map by_digest, by_plain;
};

void temp_store_init(struct temp_store *store, int tmp_dir);
void temp_store_release(struct temp_store *store);

/*
 * Takes over a writer's result (and its file). Bytes that are here already keep their first file.
 * *number is the blob that holds them.
 */
int temp_store_add(struct temp_store *store, struct blob_result *result, struct recipe recipe,
                   uint32_t *number, struct err *err) MUST_CHECK;

struct temp_blob *temp_store_get(const struct temp_store *store, uint32_t number);
/* The number of the blob with these stored or plain bytes, or 0. */
uint32_t temp_store_find(const struct temp_store *store, const struct digest *digest);
uint32_t temp_store_find_plain(const struct temp_store *store, const struct digest *plain);

/* Opens what a blob holds, *offset bytes from the beginning. Returns the descriptor, owned. */
int temp_store_open(const struct temp_store *store, uint32_t number, uint64_t *offset,
                    struct err *err) MUST_CHECK;

/* In a dry run, when a source ends: forgets what would not be published. */
void temp_store_end_source(struct temp_store *store);

/* Records that a blob that came compressed inflates to `plain`: its recipe is RECIPE_KEPT. */
int temp_store_set_plain(struct temp_store *store, uint32_t number, const struct digest *plain,
                         struct err *err) MUST_CHECK;

/* The file was moved to its key: it is no longer here. */
void temp_store_published(struct temp_store *store, uint32_t number);

#endif
