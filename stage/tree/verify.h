/*
 * verify: checks a root against its state: every recorded object is there, has its size and digest;
 * nothing unrecorded lies in the tree; every tag is complete.
 */
#ifndef DRYDOCK_STAGE_TREE_VERIFY_H
#define DRYDOCK_STAGE_TREE_VERIFY_H

#include "base/event.h"
#include "db/root/root.h"

struct verify_result {
	uint64_t objects, bytes; /* checked; a file linked several times is hashed once */
	uint64_t bad;            /* missing, wrong size or wrong digest */
	uint64_t foreign;        /* files of the tree that the state does not know: warned about */
};

/* -1 with ERR_INTEGRITY when something is bad; each bad object is an EVENT_ERROR. */
int verify_root(struct root *root, const struct event_sink *sink, struct verify_result *result,
                struct err *err) MUST_CHECK;

#endif
