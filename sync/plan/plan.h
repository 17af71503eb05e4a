/*
 * plan: what this run has to do, in a scratch database (db.h), so that a plan of a million objects
 * costs disk and not memory, and a dry run can make one over a read-only state. It is not the
 * state's connection: an object that moves along changes several rows, and there each change would
 * be a transaction of its own, at a cost that grows with the plan.
 *
 *     scan       plan_add for each key that is not the same, plan_extra_add for foreign keys
 *     resolve    plan_set, plan_body_put, plan_drop: uploads to resume, copies, merged lists
 *     order      plan_rank, plan_edge: publication_order.h
 *     transfer   plan_start, then plan_take … plan_done or plan_fail until nothing is left
 *
 * An item waits for its edges: hard ones (a manifest needs its layers) hold it back for good when
 * the child fails; soft ones (a list comes after its tags) only set the order.
 *
 *     WAITING ──(waits = 0)──► READY ──take──► ACTIVE ──► DONE
 *        └───────────────── a hard child failed ──► HELD          └──► FAILED
 */
#ifndef DRYDOCK_SYNC_PLAN_PLAN_H
#define DRYDOCK_SYNC_PLAN_PLAN_H

#include "base/event.h"
#include "base/hash.h"
#include "base/layout.h"
#include "db/state/db.h"

#include <stdbool.h>

enum { PLAN_ETAG_MAX = 129, PLAN_WHY_MAX = 80 };

enum plan_state {
	PLAN_WAITING = 0,
	PLAN_READY_LIGHT = 1, /* ready, and soon sent */
	PLAN_READY_HEAVY = 2, /* ready, with a large body */
	PLAN_ACTIVE = 3,
	PLAN_DONE = 4,
	PLAN_FAILED = 5,
	PLAN_HELD = 6,        /* something it needs has failed */
	PLAN_REPORT_ONLY = 7, /* only told, never done: kept and held tags */
	PLAN_REMOVAL = 9,     /* to be removed when all else went well: prune.h */
	PLAN_UNDECIDED = 8,   /* to be resolved: a list to merge, an ETag to ask about */
};

struct plan_item {
	int64_t id;
	char key[KEY_MAX];
	enum object_class object_class;
	enum action_verb verb;
	enum plan_state state;
	struct digest digest; /* of the root's bytes */
	uint64_t size_bytes;  /* of what will be there */
	uint64_t send_bytes;  /* of it that must be sent */
	uint8_t md5[MD5_BYTES];
	char why[PLAN_WHY_MAX];
	char there_etag[PLAN_ETAG_MAX]; /* what the bucket has under the key; "" nothing */
	struct digest old_digest;       /* tags: what the bucket's pointed to, where known */
	char source[KEY_MAX];           /* copies: from which key */
	char source_etag[PLAN_ETAG_MAX];
	uint64_t parts_there, parts_total; /* multipart; 0, 0 otherwise */
	int64_t rank;                      /* 0: none yet */
};

struct plan {
	struct db *db; /* owned; NULL: closed */
	int64_t next_rank;
};

/* Opens an empty one, also in place of another. */
int plan_open(struct plan *plan, struct err *err) MUST_CHECK;
void plan_close(struct plan *plan);

/* Sets item->id. */
int plan_add(struct plan *plan, struct plan_item *item, struct err *err) MUST_CHECK;
/* 1, 0 not there, -1. */
int plan_get(struct plan *plan, int64_t id, struct plan_item *item, struct err *err) MUST_CHECK;
int plan_find(struct plan *plan, const char *key, struct plan_item *item,
              struct err *err) MUST_CHECK;
/* Writes back verb, state, digest, size, send, md5, why, source and parts of item->id. */
int plan_set(struct plan *plan, const struct plan_item *item, struct err *err) MUST_CHECK;
int plan_drop(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;

/* The next item after `id` (0 at first) in this state. 1, 0, -1. */
int plan_after(struct plan *plan, enum plan_state state, int64_t id, struct plan_item *item,
               struct err *err) MUST_CHECK;
/* The next item after `id` of one class and state. 1, 0, -1. */
int plan_after_class(struct plan *plan, enum object_class object_class, enum plan_state state,
                     int64_t id, struct plan_item *item, struct err *err) MUST_CHECK;
/* Makes plan_after_rank fast; called once, when every item has its rank. */
int plan_index_ranks(struct plan *plan, struct err *err) MUST_CHECK;
/* Makes plan_first_blob fast; called once, when every blob is in the plan. */
int plan_index_blobs(struct plan *plan, struct err *err) MUST_CHECK;
/* Of the blobs that wait to be sent and hold these bytes the one that was added first. 1, 0, -1. */
int plan_first_blob(struct plan *plan, const struct digest *digest, struct plan_item *item,
                    struct err *err) MUST_CHECK;
/* The next item after `rank` (-1 at first) in the order in which it will be said. 1, 0, -1. */
int plan_after_rank(struct plan *plan, int64_t rank, struct plan_item *item,
                    struct err *err) MUST_CHECK;

/* The bytes of a document that exists nowhere as a file. */
int plan_body_put(struct plan *plan, int64_t id, const void *data, size_t len,
                  struct err *err) MUST_CHECK;
/* 1 found (*data is the caller's to free), 0, -1. */
int plan_body_get(struct plan *plan, int64_t id, char **data, size_t *len,
                  struct err *err) MUST_CHECK;

/* Keys of the bucket that the root does not have: tags of others, for the lists. */
int plan_extra_add(struct plan *plan, const struct key_parts *parts, const char *key,
                   const char *etag, uint64_t size_bytes, struct err *err) MUST_CHECK;
/* A repository that the bucket has. */
int plan_repo_add(struct plan *plan, const char *repo, struct err *err) MUST_CHECK;
typedef int (*plan_name_fn)(void *context, const char *name, struct err *err);
/* Each of those repositories, or each extra tag of one repository, in byte order. */
int plan_repos_each(struct plan *plan, plan_name_fn fn, void *context, struct err *err) MUST_CHECK;
int plan_extra_tags_each(struct plan *plan, const char *repo, plan_name_fn fn, void *context,
                         struct err *err) MUST_CHECK;
/* The next repository after `repo` ("" at first) that has extra tags. 1, 0, -1. */
int plan_extra_repo_next(struct plan *plan, char repo[REPO_MAX + 1], struct err *err) MUST_CHECK;

/* Manifests and lists of the bucket that stay and are not ours: prune.h reads them. */
int plan_keeper_add(struct plan *plan, const char *key, const char *repo,
                    struct err *err) MUST_CHECK;
/* Forgets those of repositories from which nothing would go. */
int plan_keepers_begin(struct plan *plan, struct err *err) MUST_CHECK;
/* The next one that was not read yet. 1, 0, -1. */
int plan_keeper_next(struct plan *plan, char key[KEY_MAX], struct err *err) MUST_CHECK;
/* In repositories of keepers no list goes. */
int plan_keep_lists(struct plan *plan, struct err *err) MUST_CHECK;
/* Whether anything is to be sent or removed. 1, 0, -1. */
int plan_changes(struct plan *plan, struct err *err) MUST_CHECK;
int64_t plan_count_removals(struct plan *plan, struct err *err) MUST_CHECK;
/* The next removals: those of this class wait no longer. */
int plan_start_removals(struct plan *plan, enum object_class object_class,
                        struct err *err) MUST_CHECK;

/* Parts of an upload that are in the bucket already. */
int plan_part_put(struct plan *plan, int64_t item, uint32_t number, const char *etag,
                  struct err *err) MUST_CHECK;
typedef int (*plan_part_fn)(void *context, uint32_t number, const char *etag, struct err *err);
int plan_parts_each(struct plan *plan, int64_t item, plan_part_fn fn, void *context,
                    struct err *err) MUST_CHECK;

/* Order. */
int plan_rank(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
enum plan_edge_kind { PLAN_HARD, PLAN_SOFT };
int plan_edge(struct plan *plan, int64_t child, int64_t parent, enum plan_edge_kind kind,
              struct err *err) MUST_CHECK;

/* Transfer. */
int plan_start(struct plan *plan, struct err *err) MUST_CHECK;
/* Takes the first ready item of those that are wanted. 1, 0, -1. */
enum plan_want {
	PLAN_LIGHT_ONLY,
	PLAN_LIGHT_IN_TURN, /* a light one, unless a heavy one comes before it */
	PLAN_ANY,
};
int plan_take(struct plan *plan, enum plan_want want, struct plan_item *item,
              struct err *err) MUST_CHECK;
int plan_done(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
/*
 * An item that was taken must be done once more, changed as `item` says. 1, 0 when it was done so
 * often that it would go on for ever, -1.
 */
enum { PLAN_AGAIN_MAX = 50 };
int plan_again(struct plan *plan, const struct plan_item *item, struct err *err) MUST_CHECK;
/* Fails the item and holds what needs it; `held` is told each key that is held. */
typedef void plan_held_fn(void *context, const struct plan_item *item);
int plan_fail(struct plan *plan, int64_t id, plan_held_fn *held, void *context,
              struct err *err) MUST_CHECK;

struct plan_totals {
	uint64_t objects, send_bytes; /* of what is to be done */
	uint64_t kept, held;
};
int plan_totals(struct plan *plan, struct plan_totals *totals, struct err *err) MUST_CHECK;
#endif
