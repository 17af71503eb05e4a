/*
 * spread: how far apart large bodies begin, of those that the pace lets fly (F5).
 */
#ifndef DRYDOCK_SYNC_DISPATCH_SPREAD_H
#define DRYDOCK_SYNC_DISPATCH_SPREAD_H

#include "sync/dispatch/pace.h"
#include "sync/dispatch/task.h"
#include "sync/s3/client.h"

enum spread {
	SPREAD_ANY,  /* one more may go now */
	SPREAD_LOST, /* only one that the link has taken back before */
	SPREAD_NONE,
};

/*
 * Large bodies that began together would end together, and whatever ends them all before that, a
 * kill or an outage, would cost the most of each. So they begin one after another: of n each when
 * an nth of the one before is there. One that a cut has taken back goes again at once: the link
 * would be idle meanwhile, and it is out of step by itself.
 *
 * Where the pace allows the bytes of one body alone, the next one goes when all bytes of the last
 * are on their way. One on which nothing moves holds up nothing.
 *
 * `last` is the one that went out last of those that fly; NULL: none flies.
 */
enum spread spread_bodies(const struct pace *pace, const struct task *last, struct s3 *s3,
                          int64_t now_ms);

#endif
