#include "sync/dispatch/movement.h"

#include "sync/s3/client.h"

enum { LOOK_MS = 250 }; /* how often it is looked what moves */

void movement_note(struct give_up *g, struct task *task, uint64_t bytes, int64_t now_ms)
{
	if (bytes <= task->moved_bytes)
		return;
	task->moved_bytes = bytes;
	give_up_moved(g, now_ms);
}

void movement_look(struct give_up *g, int64_t *looked_at_ms, struct task *flying, struct s3 *s3,
                   int64_t now_ms)
{
	if (now_ms - *looked_at_ms < LOOK_MS)
		return;
	*looked_at_ms = now_ms;
	for (struct task *t = flying; t; t = t->next) {
		struct http_progress p = {0};

		s3_progress(s3, t->call, &p);
		if (p.acknowledged_bytes + p.received_bytes != t->seen_bytes)
			t->seen_ms = now_ms;
		t->seen_bytes = p.acknowledged_bytes + p.received_bytes;
		movement_note(g, t, t->seen_bytes, now_ms);
	}
}
