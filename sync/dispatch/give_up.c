#include "sync/dispatch/give_up.h"

#include "sync/s3/client.h"

#include "base/stop.h"
#include "base/units.h"

enum { LOOK_MS = 250 }; /* how often it is looked what moves */

struct give_up give_up_begin(const struct patience *patience, int64_t now_ms)
{
	return (struct give_up){
		.patience = *patience, .started_ms = now_ms, .progress_at_ms = now_ms};
}

void give_up_answered(struct give_up *g, bool put_off, int64_t now_ms)
{
	g->answered_once = true;
	if (!put_off)
		g->progress_at_ms = now_ms;
}

void give_up_moved(struct give_up *g, struct task *task, uint64_t bytes, int64_t now_ms)
{
	if (bytes <= task->moved_bytes)
		return;
	task->moved_bytes = bytes;
	g->progress_at_ms = now_ms;
}

static int end_run(const struct give_up *g, const char *what, int64_t ms, struct err *err)
{
	char text[UNITS_TEXT_MAX];

	if (g->last.code == ERR_NONE)
		return err_set(err, ERR_TEMPORARY, "%s for %s; run again to go on", what,
		               duration_text(ms, text));
	return err_set(err, ERR_TEMPORARY, "%s for %s: %s", what, duration_text(ms, text),
	               g->last.message);
}

/*
 * Progress is what the server took or gave. Bytes handed to the kernel are none: it takes a buffer
 * full of them at each new attempt, from a link that carries nothing.
 */
static void look_what_moves(struct give_up *g, struct task *flying, struct s3 *s3, int64_t now)
{
	if (now - g->looked_at_ms < LOOK_MS)
		return;
	g->looked_at_ms = now;
	for (struct task *t = flying; t; t = t->next) {
		struct http_progress p = {0};

		s3_progress(s3, t->call, &p);
		give_up_moved(g, t, p.acknowledged_bytes + p.received_bytes, now);
	}
}

int give_up_check(struct give_up *g, struct task *flying, struct s3 *s3, struct err *err)
{
	int64_t now = monotonic_ms();

	if (stop_check(err) < 0)
		return -1;
	look_what_moves(g, flying, s3, now);
	if (g->patience.deadline_ms > 0 && now >= g->patience.deadline_ms)
		return err_set(err, ERR_MAX_DURATION, "--max-duration reached; run again to go on");
	if (!g->answered_once && now - g->started_ms >= g->patience.connect_wait_ms)
		return end_run(g, "no answer", now - g->started_ms, err);
	if (now - g->progress_at_ms >= g->patience.give_up_after_ms)
		return end_run(g, "no progress", now - g->progress_at_ms, err);
	return 0;
}
