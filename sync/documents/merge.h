/*
 * merge: unites two versions of a list that several roots write. Pure.
 *
 * The bucket's version is foreign input. What it holds beyond ours stays; of two descriptors with
 * one digest the bucket's stays, so that roots which render one differently do not take turns.
 */
#ifndef DRYDOCK_SYNC_DOCUMENTS_MERGE_H
#define DRYDOCK_SYNC_DOCUMENTS_MERGE_H

#include "base/name_list.h"

#include "base/str.h"

/*
 * Referrers indexes, and the same documents under fallback tags. *skipped counts entries of theirs
 * that are no descriptors; the others stay. ERR_MALFORMED: theirs is no JSON at all. Any other
 * error (theirs beyond the limits of JSON, the union beyond the maximum of `out`: ERR_REFUSED; ours
 * damaged: ERR_INTEGRITY) says nothing against theirs, which must then not be overwritten.
 */
int merge_referrers(struct str *out, const char *theirs, size_t theirs_len, const char *ours,
                    size_t ours_len, size_t *skipped, struct err *err) MUST_CHECK;

/* Adds the tags of a tags/list document that are valid ones. */
int merge_tags(struct name_list *tags, const char *text, size_t len, struct err *err) MUST_CHECK;
/* Adds the repositories of a _catalog document that are valid names. */
int merge_catalog(struct name_list *repos, const char *text, size_t len,
                  struct err *err) MUST_CHECK;

#endif
