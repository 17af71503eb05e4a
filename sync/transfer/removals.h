/*
 * removals: carries out what --delete has planned (prune.h), after everything else went well (G2).
 *
 *     removals_order       before the transfer: lists that lose what goes wait for that
 *     removals_run         after it: tags, each repository's list as soon as its tags are gone, the
 *                          catalogue, then referrers, manifests and blobs, each class when the one
 *                          before is gone
 *
 * So no list names for long what is gone, and none leaves out what stays, whatever fails (W2).
 */
#ifndef DRYDOCK_SYNC_TRANSFER_REMOVALS_H
#define DRYDOCK_SYNC_TRANSFER_REMOVALS_H

#include "sync/run/run.h"

int removals_order(struct sync_run *run, struct err *err) MUST_CHECK;

/*
 * 0, or -1 when the run ends early. Once an object has failed or was held back, nothing further is
 * removed, a warning says how many stay, and the lists name what does.
 */
int removals_run(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
