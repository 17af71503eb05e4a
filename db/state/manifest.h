/*
 * manifest: the graph of manifests, as stage read it.
 *
 * An edge is present when its child is in the root and published in every repository that publishes
 * the parent. Absent edges are legal (sparse indexes, foreign layers, a subject that is not here);
 * completeness counts present edges only. A subject's edge never holds anything back: role
 * EDGE_SUBJECT is left out where completeness is computed.
 */
#ifndef DRYDOCK_DB_STATE_MANIFEST_H
#define DRYDOCK_DB_STATE_MANIFEST_H

#include "base/digest.h"
#include "db/state/db.h"
#include "db/state/object.h"

enum edge_role { /* stored: never reuse a number */
	         EDGE_CONFIG = 1,
	         EDGE_LAYER = 2,
	         EDGE_MANIFEST = 3,
	         EDGE_SUBJECT = 4,
};

enum { PLATFORM_MAX = 128 };

struct manifest_row { /* all text borrowed; NULL where there is none */
	struct digest digest;
	const char *media_type;
	const char *artifact_type;
	const char *annotations; /* a JSON object */
	struct digest subject;   /* DIGEST_NONE: none */
	const char *platform;    /* "linux/arm64/v8" */
};

struct edge_row {
	struct digest child;
	enum edge_role role;
	int present;                 /* 1, or 0 (J9) */
	uint64_t size_bytes;         /* as the descriptor says */
	char platform[PLATFORM_MAX]; /* of an index's entry; "" */
};

int manifest_put(struct db *db, const struct manifest_row *row, struct err *err) MUST_CHECK;
int manifest_has(struct db *db, const struct digest *d, struct err *err) MUST_CHECK; /* 1, 0, -1 */
int manifest_delete(struct db *db, const struct digest *d,
                    struct err *err) MUST_CHECK; /* + edges */

/* The row's text is valid only inside the callback. A callback that returns non-zero ends the walk
 * with that value. */
typedef int (*manifest_fn)(void *context, const struct manifest_row *row, struct err *err);
/* 1 found (fn was called), 0 not found, -1. */
int manifest_get(struct db *db, const struct digest *d, manifest_fn fn, void *context,
                 struct err *err) MUST_CHECK;
/* All of them, by digest. */
int manifest_each(struct db *db, manifest_fn fn, void *context, struct err *err) MUST_CHECK;
/* All manifests whose subject is `d` that are published in `repo` (NULL: anywhere), by digest. */
int manifest_referrers(struct db *db, const char *repo, const struct digest *d, manifest_fn fn,
                       void *context, struct err *err) MUST_CHECK;

/* Replaces the edges of `parent`, in document order. */
int edges_put(struct db *db, const struct digest *parent, const struct edge_row *edges,
              size_t count, struct err *err) MUST_CHECK;
typedef int (*edge_fn)(void *context, const struct edge_row *edge, struct err *err);
int edges_each(struct db *db, const struct digest *parent, edge_fn fn, void *context,
               struct err *err) MUST_CHECK;
/* Parents whose edge to `child` is (not) present; fn gets each parent in edge->child. */
int edges_parents(struct db *db, const struct digest *child, int present, edge_fn fn, void *context,
                  struct err *err) MUST_CHECK;
int edges_set_present(struct db *db, const struct digest *child, int present,
                      struct err *err) MUST_CHECK;

#endif
