/*
 * movement: what the tasks in flight have moved, for the patience of the run (F2).
 */
#ifndef DRYDOCK_SYNC_DISPATCH_MOVEMENT_H
#define DRYDOCK_SYNC_DISPATCH_MOVEMENT_H

#include "base/http/give_up.h"
#include "sync/dispatch/task.h"

struct s3;

/* The server has so many bytes of this attempt: progress, if `task` had not moved as many before.
 */
void movement_note(struct give_up *g, struct task *task, uint64_t bytes, int64_t now_ms);

/*
 * Looks at a list of tasks that have been sent, unless that was done a moment before. Progress is
 * what the server took or gave. Bytes handed to the kernel are none: it takes a buffer full of them
 * at each new attempt, from a link that carries nothing.
 */
void movement_look(struct give_up *g, int64_t *looked_at_ms, struct task *flying, struct s3 *s3,
                   int64_t now_ms);

#endif
