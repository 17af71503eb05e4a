/*
 * limits: how much is read of what a foreign archive holds (V2).
 *
 *     struct stage_limits limits = options->limits;     zero fields: the default
 *     stage_limits_fill(&limits);
 *
 * Each has an option of its name (cli/stage_limits.c), which the messages of a refusal name.
 */
#ifndef DRYDOCK_STAGE_ARCHIVE_LIMITS_H
#define DRYDOCK_STAGE_ARCHIVE_LIMITS_H

#include "base/json.h"

#include <stdint.h>

enum {
	LIMIT_ENTRIES = 100000,
	LIMIT_ENTRIES_MAX = 10000000, /* what memory and the positions of names allow */
	LIMIT_DEPTH_MAX = 2000,       /* jansson's own limit is 2048 */
};

static const uint64_t LIMIT_DOCUMENT_MAX = 1u << 30; /* bytes: documents are read into memory */

struct stage_limits {
	uint64_t manifest_bytes;     /* of a manifest or a config: JSON_MANIFEST_BYTES */
	uint64_t index_bytes;        /* of manifest.json or index.json: JSON_INDEX_BYTES */
	uint64_t json_values;        /* in one document: JSON_VALUES */
	uint64_t json_depth;         /* JSON_DEPTH */
	uint64_t entries;            /* of an archive, folders and all: LIMIT_ENTRIES */
	uint64_t uncompressed_bytes; /* of one layer or entry; 0: what fits on the disk */

	/* Filled in from those above. */
	struct json_limits manifest, index;
};

void stage_limits_fill(struct stage_limits *limits);

#endif
