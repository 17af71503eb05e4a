/*
 * layer_cache: which blob a plain layer became, so that it is compressed only once. `recipe` is the
 * encoder and level ("gzip:6"); the cache outlives encoder upgrades on purpose, so that an image
 * keeps its digest when it is staged again.
 */
#ifndef DRYDOCK_DB_STATE_LAYER_CACHE_H
#define DRYDOCK_DB_STATE_LAYER_CACHE_H

#include "base/digest.h"
#include "db/state/db.h"

/* 1 found and the root still holds the blob, 0, -1. */
int layer_cache_get(struct db *db, const struct digest *diff_id, const char *recipe,
                    struct digest *blob, struct err *err) MUST_CHECK;
int layer_cache_put(struct db *db, const struct digest *diff_id, const char *recipe,
                    const struct digest *blob, struct err *err) MUST_CHECK;
/* Drops what names blobs that the root does not hold. */
int layer_cache_prune(struct db *db, struct err *err) MUST_CHECK;

#endif
