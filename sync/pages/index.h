/*
 * index: index.html of the bucket: this root's, with what the bucket's has of repositories of other
 * roots (W6).
 */
#ifndef DRYDOCK_SYNC_PAGES_INDEX_H
#define DRYDOCK_SYNC_PAGES_INDEX_H

#include "sync/pages/pages_internal.h"

/* When all other pages are there. What fails of it fails alone. */
int index_publish(struct pages *p, struct err *err) MUST_CHECK;

#endif
