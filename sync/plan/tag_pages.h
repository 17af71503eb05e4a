/*
 * tag_pages: in how many pages a server will list the tags of a repository while the lists are
 * written (sync/documents/current: its manifests too, but where a page ends among digests the next
 * one begins behind them). A dry run announces as many requests (G1). It counts, while it reads the
 * bucket's listing, what will be there then:
 *
 *     tag_pages_note(&pages, &plan, key, err)        each key that is there or will be, any order
 *     tag_pages_flush(&pages, &plan, err)            at the end
 *     tag_pages_count(&plan, "app", &count, err)
 */
#ifndef DRYDOCK_SYNC_PLAN_TAG_PAGES_H
#define DRYDOCK_SYNC_PLAN_TAG_PAGES_H

#include "sync/plan/plan.h"

enum { TAG_PAGES_KEYS = 1000 }; /* on a page, as servers give them */

/* The folder in the order of bytes: digests, and the tags before, between and behind them. */
enum tag_pages_part {
	TAG_PAGES_FIRST,
	TAG_PAGES_SHA256,
	TAG_PAGES_BETWEEN,
	TAG_PAGES_SHA512,
	TAG_PAGES_LAST,
	TAG_PAGES_PARTS
};

/* The pages of a folder with so many keys in its parts. */
unsigned tag_pages_of(const uint64_t keys[TAG_PAGES_PARTS]);

extern const char TAG_PAGES_TABLE[];

/* What was noted of one repository last, and is not in the plan yet; all zeros at first. */
struct tag_pages {
	char repo[REPO_MAX + 1];
	uint64_t keys[TAG_PAGES_PARTS];
};

/* Keys that are no tags and no manifests do not count. */
int tag_pages_note(struct tag_pages *pages, struct plan *plan, const char *key,
                   struct err *err) MUST_CHECK;
int tag_pages_flush(struct tag_pages *pages, struct plan *plan, struct err *err) MUST_CHECK;
int tag_pages_count(struct plan *plan, const char *repo, unsigned *count,
                    struct err *err) MUST_CHECK;

#endif
