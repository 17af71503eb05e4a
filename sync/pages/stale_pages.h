/*
 * stale_pages: the pages of the bucket to which nothing leads any more go (W6): those of
 * repositories that its catalogue does not name, and pages of images of a repository that is this
 * root's alone and has them no more. Only what drydock has made goes, by its mark.
 */
#ifndef DRYDOCK_SYNC_PAGES_STALE_PAGES_H
#define DRYDOCK_SYNC_PAGES_STALE_PAGES_H

#include "sync/pages/pages_internal.h"

/* When the index is there. What fails of it fails alone. */
int stale_pages_remove(struct pages *p, struct err *err) MUST_CHECK;

#endif
