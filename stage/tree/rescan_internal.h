/* rescan_internal: what the files of rescan share (rescan.h is the interface). */
#ifndef DRYDOCK_STAGE_TREE_RESCAN_INTERNAL_H
#define DRYDOCK_STAGE_TREE_RESCAN_INTERNAL_H

#include "base/text_set.h"
#include "db/root/publication.h"
#include "stage/tree/rescan.h"

struct rescan {
	struct root *root;             /* borrowed */
	const struct event_sink *sink; /* borrowed */
	struct rescan_result *result;  /* borrowed */
	struct stage_limits limits;
	struct pool *pool;               /* owned */
	struct publication *publication; /* of what the tree lacks; while that is planned */
	struct check_file files;         /* of the digest that is looked at now */
	uint64_t total_objects, total_bytes, done_objects, done_bytes; /* links count each time */
	uint64_t file_bytes;      /* read of the file at hand */
	struct digest_map proved; /* layers whose origin was looked into */
	uint64_t opened;          /* files that not everyone could read */
	struct digest_map
		linked;       /* manifests that were missing in a repository, and linked there */
	struct text_set told; /* what was linked: true once the new state is in force */
	uint64_t dropped;     /* manifests, in the pass that is under way */
	bool unlinked;        /* a repository lacks what another has: rescan_links is needed */
};

/* One object that does not verify. -1 when `err` is no fault of the object, and ends the run. */
int rescan_tell_bad(struct rescan *r, struct err *err) MUST_CHECK;

/* The text of a document of the tree, within the limits of one. */
int rescan_text(const struct rescan *r, const char *key, struct str *out,
                struct err *err) MUST_CHECK;

/* Reads every recorded manifest, fills in what it says, and drops what is not complete. */
int rescan_manifests(struct rescan *r, struct err *err) MUST_CHECK;

/* Records the tags, once the manifests are settled, and what documents of ours lie there. */
int rescan_tags(struct rescan *r, struct err *err) MUST_CHECK;

/* Takes over from the old state, if it can be read, which tags were removed. */
int rescan_tombstones(struct rescan *r, struct err *err) MUST_CHECK;

/* Links what was found missing in one repository. */
int rescan_links(struct rescan *r, struct err *err) MUST_CHECK;

/* Renders what follows from all that: referrers, fallback tags, lists, the catalogue. */
int rescan_documents(struct rescan *r, struct err *err) MUST_CHECK;

#endif
