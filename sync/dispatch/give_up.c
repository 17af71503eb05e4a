/* The part of dispatch.h that decides when to give up (F2). */
#include "sync/dispatch/internal.h"

#include "sync/s3/client.h"

#include "base/stop.h"
#include "base/units.h"

enum { LOOK_MS = 250 }; /* how often it is looked what moves */

void dispatch_note_moved(struct dispatch *d, struct task *task, uint64_t bytes, int64_t now)
{
	if (bytes <= task->moved_bytes)
		return;
	task->moved_bytes = bytes;
	d->progress_at_ms = now;
}

static int give_up(const struct dispatch *d, const char *what, int64_t ms, struct err *err)
{
	char text[UNITS_TEXT_MAX];

	if (d->last.code == ERR_NONE)
		return err_set(err, ERR_TEMPORARY, "%s for %s; run again to go on", what,
		               duration_text(ms, text));
	return err_set(err, ERR_TEMPORARY, "%s for %s: %s", what, duration_text(ms, text),
	               d->last.message);
}

/*
 * Progress is what the server took or gave (F2). Bytes handed to the kernel are none: it takes a
 * buffer full of them at each new attempt, from a link that carries nothing.
 */
static void look_what_moves(struct dispatch *d, int64_t now)
{
	if (now - d->looked_at_ms < LOOK_MS)
		return;
	d->looked_at_ms = now;
	for (struct task *t = d->tasks.flying; t; t = t->next) {
		struct http_progress p = {0};

		s3_progress(d->s3, t->call, &p);
		dispatch_note_moved(d, t, p.acknowledged_bytes + p.received_bytes, now);
	}
}

int dispatch_check_limits(struct dispatch *d, struct err *err)
{
	int64_t now = monotonic_ms();

	if (stop_check(err) < 0)
		return -1;
	look_what_moves(d, now);
	if (d->settings.deadline_ms > 0 && now >= d->settings.deadline_ms)
		return err_set(err, ERR_MAX_DURATION, "--max-duration reached; run again to go on");
	if (!d->answered_once && now - d->started_ms >= d->settings.connect_wait_ms)
		return give_up(d, "no answer", now - d->started_ms, err);
	if (now - d->progress_at_ms >= d->settings.give_up_after_ms)
		return give_up(d, "no progress", now - d->progress_at_ms, err);
	return 0;
}
