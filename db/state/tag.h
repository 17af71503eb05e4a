/* tag: what each tag points to, and tombstones of tags that were removed. */
#ifndef DRYDOCK_DB_STATE_TAG_H
#define DRYDOCK_DB_STATE_TAG_H

#include "base/digest.h"
#include "base/name.h"
#include "db/state/db.h"

struct tag_row {
	char repo[REPO_MAX + 1];
	char name[TAG_MAX + 1];
	struct digest digest; /* of the manifest that it points to, or pointed to */
	int64_t staged_at;    /* seconds, UTC: when it began to point there */
	int64_t removed_at;   /* seconds, UTC; 0: it is there */
};

/* 1 found (also a tombstone), 0, -1. */
int tag_get(struct db *db, const char *repo, const char *name, struct tag_row *row,
            struct err *err) MUST_CHECK;
/* The same by the tag's key; any other key is not found. */
int tag_get_at(struct db *db, const char *key, struct tag_row *row, struct err *err) MUST_CHECK;
/* Points the tag to `d`; staged_at becomes now when that moves, or revives, it. */
int tag_put(struct db *db, const char *repo, const char *name, const struct digest *d,
            struct err *err) MUST_CHECK;
/* As tag_put, of a tag that has pointed there since `staged_at`. */
int tag_put_since(struct db *db, const char *repo, const char *name, const struct digest *d,
                  int64_t staged_at, struct err *err) MUST_CHECK;
/* Only since when the tag points where it does; one that is not there is none. */
int tag_date(struct db *db, const char *repo, const char *name, int64_t staged_at,
             struct err *err) MUST_CHECK;
/* A tombstone as `row` says, of a tag that is not there. */
int tag_put_removed(struct db *db, const struct tag_row *row, int64_t removed_at,
                    struct err *err) MUST_CHECK;
/* Leaves a tombstone. */
int tag_remove(struct db *db, const char *repo, const char *name, struct err *err) MUST_CHECK;
/* Drops a tombstone for good; a tag that was staged again meanwhile stays. */
int tag_forget(struct db *db, const char *repo, const char *name, struct err *err) MUST_CHECK;

enum tag_life { TAGS_LIVE, TAGS_REMOVED };
typedef int (*tag_fn)(void *context, const struct tag_row *row, struct err *err);
/* In order of repository and name; `repo` NULL: all. */
int tag_each(struct db *db, const char *repo, enum tag_life filter, tag_fn fn, void *context,
             struct err *err) MUST_CHECK;

/* Repositories that publish any manifest, in the order of their keys. */
typedef int (*repo_fn)(void *context, const char *repo, struct err *err);
int repo_each(struct db *db, repo_fn fn, void *context, struct err *err) MUST_CHECK;
/* Those with any blob, which after a rescan may have no manifest. */
int repo_each_with_blobs(struct db *db, repo_fn fn, void *context, struct err *err) MUST_CHECK;

#endif
