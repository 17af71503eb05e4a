/*
 * ping: the object v2/ itself, which tells clients that a registry is here. It is no file of the
 * tree.
 */
#ifndef DRYDOCK_SYNC_RUN_PING_H
#define DRYDOCK_SYNC_RUN_PING_H

#include "db/state/object.h"

/* Some servers take no bytes under a key that ends in `/`; no client reads them. */
#define PING_BODY ""

/* The row that the state would have for it, which every root implies. */
int ping_row(struct object_row *row, struct err *err) MUST_CHECK;

#endif
