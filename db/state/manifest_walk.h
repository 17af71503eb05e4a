/*
 * manifest_walk: visits what manifests reach, depth first: each manifest and blob once in a walk's
 * life, however many paths lead to it, so the cost is linear in manifests and edges.
 *
 *     struct manifest_walk walk = {.db = db, .repo = repo, .fn = fn, .context = context};
 *
 *     if (manifest_walk_from(&walk, &digest, err) < 0) …     any number of times, or
 *     if (manifest_walk_tags(&walk, err) < 0) …
 *     manifest_walk_release(&walk);
 *
 * A manifest's edges are read whole before anything below it is visited: no statement is open
 * while `fn` runs, which may write to the state (K7). What is to be visited waits on the heap, so a
 * deep graph needs no stack. Subjects are never followed.
 *
 * The order of the steps for an index I of manifest M (config C, layer L) with a referrer R of M:
 *
 *     I enter, M enter, C enter, L enter, M leave, R enter … R leave, R done, M done,
 *     I leave, I done
 */
#ifndef DRYDOCK_DB_STATE_MANIFEST_WALK_H
#define DRYDOCK_DB_STATE_MANIFEST_WALK_H

#include "base/digest_map.h"
#include "db/state/manifest.h"

enum walk_step {
	WALK_ENTER, /* first seen; a manifest's children follow. A blob has this step alone */
	WALK_AGAIN, /* another edge to what was entered before: nothing follows */
	WALK_LEAVE, /* all below the manifest was visited; its referrers follow */
	WALK_DONE,  /* all of its referrers and what is below those was visited */
};

struct walk_visit {
	enum walk_step step;
	struct digest digest;
	enum edge_role role;  /* EDGE_MANIFEST also for roots and referrers */
	bool present;         /* false: in no repository yet, and only where `absent` is set */
	bool is_referrer;     /* found by its subject, which `parent` is then */
	struct digest parent; /* DIGEST_NONE: a root */
};

/* What fn wants; the two differ after WALK_ENTER of a manifest only. */
enum walk_answer {
	WALK_INTO = 0,
	WALK_PAST = 1, /* neither children nor referrers, no leave, no done */
};

/* enum walk_answer, or -1, which ends the walk. */
typedef int (*walk_fn)(void *context, const struct walk_visit *visit, struct err *err);

struct manifest_walk {
	struct db *db;    /* borrowed */
	const char *repo; /* borrowed; whose tags and referrers are meant; NULL: no referrers */
	bool absent;      /* absent edges too; default: present ones only */
	walk_fn fn;       /* NULL: all is entered, for `seen` */
	void *context;    /* borrowed; fn's */

	struct digest_map seen; /* the result: digests of all that was entered */

	/* private */
	struct walk_visit *todo; /* owned; the last one is next */
	size_t count, cap;
};

/* Visits `root` and what it reaches. -1: fn's error, or ERR_INTERRUPTED between manifests. */
int manifest_walk_from(struct manifest_walk *walk, const struct digest *root,
                       struct err *err) MUST_CHECK;
/* Visits what the live tags of walk->repo reach, in the order of their names. */
int manifest_walk_tags(struct manifest_walk *walk, struct err *err) MUST_CHECK;
void manifest_walk_release(struct manifest_walk *walk);

#endif
