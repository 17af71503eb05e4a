/*
 * plan: what this run has to do, an item for each key, in a scratch database (open.h).
 *
 *     scan       plan_add for each key that is not the same, bucket_keys.h for foreign keys
 *     resolve    plan_set, plan_body_put, plan_drop: uploads to resume, copies, merged lists
 *     order      plan_rank, plan_edge_add: publication_order.h
 *     transfer   plan_start, then plan_take … plan_done or plan_fail (edges.h) for each
 *
 * An item waits until each of its children is over:
 *
 *     WAITING ──(waits = 0)──► READY ──take──► ACTIVE ──► DONE
 *        └───────────────── a hard child failed ──► HELD          └──► FAILED
 *
 * Each module of this folder has a table of its own in the database, and is alone in writing SQL
 * about it.
 */
#ifndef DRYDOCK_SYNC_PLAN_PLAN_H
#define DRYDOCK_SYNC_PLAN_PLAN_H

#include "base/event.h"
#include "base/hash.h"
#include "base/layout.h"
#include "db/state/db.h"

enum { PLAN_ETAG_MAX = 129, PLAN_WHY_MAX = 80 };

enum plan_state {
	PLAN_WAITING = 0,
	PLAN_READY_LIGHT = 1, /* ready, and soon sent */
	PLAN_READY_HEAVY = 2, /* ready, with a large body */
	PLAN_ACTIVE = 3,
	PLAN_DONE = 4,
	PLAN_FAILED = 5,
	PLAN_HELD = 6,           /* something it needs has failed */
	PLAN_REPORT_ONLY = 7,    /* reported, never done: kept and held tags */
	PLAN_UNDECIDED = 8,      /* to be resolved: a list to merge, an ETag to ask about */
	PLAN_REMOVAL = 9,        /* to be removed when all else went well: prune.h */
	PLAN_AFTER_REMOVAL = 10, /* a list that loses what goes: sent once that is gone */
};

/* Texts are "", digests DIGEST_NONE and numbers 0 where there is none. */
struct plan_item {
	int64_t id; /* set by plan_add */
	char key[KEY_MAX];
	enum object_class object_class;
	enum action_verb verb;
	enum plan_state state;
	struct digest digest;           /* of the root's bytes */
	uint64_t size_bytes;            /* of what will be in the bucket */
	uint64_t send_bytes;            /* of it that must be sent */
	uint8_t md5[MD5_BYTES];         /* of the bytes to send */
	char why[PLAN_WHY_MAX];         /* for people */
	char there_etag[PLAN_ETAG_MAX]; /* of what the bucket has under the key */
	struct digest old_digest;       /* tags: what the bucket's pointed to, where known */
	char source[KEY_MAX];           /* copies: from which key */
	char source_etag[PLAN_ETAG_MAX];
	uint64_t parts_there, parts_total; /* multipart uploads */
	int64_t rank;                      /* place in the order of publication, from 1 */
};

struct plan {
	struct db *db;     /* owned; NULL: closed */
	int64_t next_rank; /* the rank that no item has yet */
};

extern const char PLAN_TABLE[];

/* Sets item->id. */
int plan_add(struct plan *plan, struct plan_item *item, struct err *err) MUST_CHECK;
/* 1, 0 not there, -1. */
int plan_get(struct plan *plan, int64_t id, struct plan_item *item, struct err *err) MUST_CHECK;
int plan_find(struct plan *plan, const char *key, struct plan_item *item,
              struct err *err) MUST_CHECK;
/* Writes back everything but the rank. */
int plan_set(struct plan *plan, const struct plan_item *item, struct err *err) MUST_CHECK;
int plan_drop(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;

/* The next item after `id` (0 at first) of a class (CLASS_NONE: of any) and a state. 1, 0, -1. */
int plan_after(struct plan *plan, enum object_class object_class, enum plan_state state, int64_t id,
               struct plan_item *item, struct err *err) MUST_CHECK;
/* The next item of a class that is to be done, after item->key in a range of keys. 1, 0, -1. */
int plan_after_key(struct plan *plan, const struct layout_range *keys,
                   enum object_class object_class, struct plan_item *item,
                   struct err *err) MUST_CHECK;
/* Makes plan_after_rank fast; called once, when every item has its rank. */
int plan_index_ranks(struct plan *plan, struct err *err) MUST_CHECK;
/* The next item after `rank` (-1 at first) that is to be done. 1, 0, -1. */
int plan_after_rank(struct plan *plan, int64_t rank, struct plan_item *item,
                    struct err *err) MUST_CHECK;
/* The next tag from `rank` on that is to be sent. 1, 0, -1. */
int plan_next_tag(struct plan *plan, int64_t rank, struct plan_item *item,
                  struct err *err) MUST_CHECK;
/* What stands in the order between the tag before (its rank left out) and this rank. */
struct plan_share {
	uint64_t objects;    /* but removals */
	uint64_t send_bytes; /* of those */
	uint64_t sent_bytes; /* that plan_note_sent was told */
};
int plan_share_of(struct plan *plan, int64_t rank, struct plan_share *share,
                  struct err *err) MUST_CHECK;
int plan_note_sent(struct plan *plan, int64_t id, uint64_t bytes, struct err *err) MUST_CHECK;
/* Makes plan_first_blob fast; called once, when every blob is in the plan. */
int plan_index_blobs(struct plan *plan, struct err *err) MUST_CHECK;
/* Of the blobs that wait to be sent and hold these bytes the one that was added first. 1, 0, -1. */
int plan_first_blob(struct plan *plan, const struct digest *digest, struct plan_item *item,
                    struct err *err) MUST_CHECK;

struct plan_totals {
	uint64_t objects;    /* to be done */
	uint64_t send_bytes; /* of those */
	uint64_t kept, held; /* tags that are only reported */
};
int plan_totals(struct plan *plan, struct plan_totals *totals, struct err *err) MUST_CHECK;
/* Whether anything is to be sent or removed. 1, 0, -1. */
int plan_changes(struct plan *plan, struct err *err) MUST_CHECK;

/* Items that are PLAN_REMOVAL: how many (or -1), and whether any key of a range is one. 1, 0, -1.
 */
int64_t plan_count_removals(struct plan *plan, struct err *err) MUST_CHECK;
int plan_has_removals(struct plan *plan, const struct layout_range *keys,
                      struct err *err) MUST_CHECK;
/* The lists of this range stay. */
int plan_drop_list_removals(struct plan *plan, const struct layout_range *keys,
                            struct err *err) MUST_CHECK;
/* Nothing goes in this run. */
int plan_drop_removals(struct plan *plan, struct err *err) MUST_CHECK;
/* The next removals: those of this class wait no longer. */
int plan_start_removals(struct plan *plan, enum object_class object_class,
                        struct err *err) MUST_CHECK;
/* Nor do the lists that are PLAN_AFTER_REMOVAL. */
int plan_start_lists(struct plan *plan, struct err *err) MUST_CHECK;
/* The next item after `id` (0 at first) of a class that was to be removed and is not. 1, 0, -1. */
int plan_after_stays(struct plan *plan, enum object_class object_class, int64_t id,
                     struct plan_item *item, struct err *err) MUST_CHECK;
/* The item is to be done once more, whatever became of it, and waits for nothing. */
int plan_reopen(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;

/* Gives the item the next rank, unless it has one. */
int plan_rank(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
int plan_set_state(struct plan *plan, int64_t id, enum plan_state state,
                   struct err *err) MUST_CHECK;
/* For edges.h: one child more to wait for, or one less. */
int plan_wait(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;
int plan_release(struct plan *plan, int64_t id, struct err *err) MUST_CHECK;

/* What waits for nothing becomes ready. */
int plan_start(struct plan *plan, struct err *err) MUST_CHECK;
enum plan_want {
	PLAN_LIGHT_ONLY,
	PLAN_LIGHT_IN_TURN, /* a light one, unless a heavy one comes before it */
	PLAN_ANY,
};
/* Takes the first ready item of those that are wanted. 1, 0 none is ready, -1. */
int plan_take(struct plan *plan, enum plan_want want, struct plan_item *item,
              struct err *err) MUST_CHECK;

/* At the end of a run: ERR_BUG when something is neither done nor failed nor held. */
int plan_check_end(struct plan *plan, struct err *err) MUST_CHECK;

enum { PLAN_AGAIN_MAX = 50 };
enum plan_again {
	PLAN_AGAIN_ERROR = -1,
	PLAN_AGAIN_READY,
	PLAN_AGAIN_TOO_OFTEN, /* PLAN_AGAIN_MAX times: it would go on for ever */
};
/* An item that was taken must be done once more, changed as `item` says. */
enum plan_again plan_again(struct plan *plan, const struct plan_item *item,
                           struct err *err) MUST_CHECK;

#endif
