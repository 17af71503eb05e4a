/*
 * What the parts of pages share: the run, what the bucket has, and the pages on their way.
 *
 *     slot = pages_free_slot(p, err);       waits for one
 *     got = pages_load(slot, path, err);    the root's bytes and their sums
 *     pages_send(slot, NULL, false);        they go
 *     pages_wait(p, err);                   until all have gone
 */
#ifndef DRYDOCK_SYNC_PAGES_PAGES_INTERNAL_H
#define DRYDOCK_SYNC_PAGES_PAGES_INTERNAL_H

#include "sync/pages/pages_there.h"
#include "sync/run/run.h"

#include "base/page_path.h"
#include "base/text_set.h"

enum {
	PAGES_SLOTS = 8,            /* pages on their way at a time */
	PAGES_BYTES_MAX = 64 << 20, /* of one page */
};

/* One page on its way. */
struct page_transfer {
	struct pages *pages; /* borrowed */
	struct task task;
	char path[PAGE_PATH_MAX];
	struct str body; /* owned; the root's page */
	uint8_t md5[MD5_BYTES], sha256[SHA256_BYTES];
	char sha256_text[2 * SHA256_BYTES + 1];
	struct s3_meta meta;
	bool busy;
	bool is_there;          /* the bucket has another one */
	const char *there_etag; /* borrowed; of a page that is to go */
	uint64_t there_bytes;   /* likewise */
	int64_t began_ms;
};

struct pages {
	struct sync_run *run;     /* borrowed */
	struct text_set paths;    /* the root's pages, but the index */
	struct pages_there there; /* the bucket's */
	struct page_transfer slots[PAGES_SLOTS];
	bool conflict; /* the index was written by another root, or its condition not taken */
	bool unknown;  /* a condition was 501: without one the server tells whether it was that */
	char refused_etag[ETAG_MAX + 1]; /* of the index that was not replaced; "": none */
};

/* One that is free; NULL with `err`. */
struct page_transfer *pages_free_slot(struct pages *p, struct err *err);
/* Until no page is on its way. */
int pages_wait(struct pages *p, struct err *err) MUST_CHECK;

/*
 * The root's page, and the sums of it: 1, 0 when it cannot be read, which is told, or is none of
 * drydock's, -1. After a change of the body pages_sum makes the sums anew.
 */
int pages_load(struct page_transfer *t, const char *path, struct err *err) MUST_CHECK;
int pages_sum(struct page_transfer *t, struct err *err) MUST_CHECK;

/* It goes, under a condition if there is one; a dry run only tells it. */
void pages_send(struct page_transfer *t, const char *if_match, bool if_none_match);

/* What was planned or done with a page. */
void pages_tell(const struct page_transfer *t, enum event_type type, enum action_verb verb,
                uint64_t sent_bytes);

/*
 * The bytes of a list that the bucket has when this run is over: those that it has, or, of a dry
 * run, will have. 1, 0 it has none, -1.
 */
int pages_list_then(struct sync_run *run, const char *key, struct str *body,
                    struct err *err) MUST_CHECK;
/* Adds the repositories of that catalogue. 1, 0 there is none, -1. */
int pages_catalog_then(struct sync_run *run, struct text_set *repos, struct err *err) MUST_CHECK;

#endif
