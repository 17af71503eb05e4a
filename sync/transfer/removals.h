/*
 * removals: carries out what --delete has planned (prune.h), after everything else went well (G2):
 * lists first, then tags, referrers, manifests and blobs, each class when the one before is gone.
 */
#ifndef DRYDOCK_SYNC_TRANSFER_REMOVALS_H
#define DRYDOCK_SYNC_TRANSFER_REMOVALS_H

#include "sync/run/run.h"

/*
 * 0, or -1 when the run ends early. Once an object has failed or was held back, nothing further is
 * removed, and a warning says how many stay.
 */
int removals_run(struct sync_run *run, struct err *err) MUST_CHECK;

#endif
