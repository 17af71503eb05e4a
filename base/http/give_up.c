#include "base/http/give_up.h"

#include "base/stop.h"
#include "base/units.h"

struct give_up give_up_begin(const struct patience *patience, int64_t now_ms)
{
	return (struct give_up){
		.patience = *patience, .started_ms = now_ms, .progress_at_ms = now_ms};
}

void give_up_answered(struct give_up *g, bool put_off, int64_t now_ms)
{
	g->answered_once = true;
	if (put_off)
		return;
	g->progress_at_ms = now_ms;
	g->last.code = ERR_NONE; /* what failed before this answer is not why nothing moves later */
}

void give_up_moved(struct give_up *g, int64_t now_ms)
{
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

int64_t give_up_in_ms(const struct give_up *g, int64_t now_ms)
{
	int64_t left = g->patience.give_up_after_ms - (now_ms - g->progress_at_ms);
	int64_t first = g->patience.connect_wait_ms - (now_ms - g->started_ms);

	if (!g->answered_once && first < left)
		left = first;
	return left > 0 ? left : 0;
}

int give_up_check(const struct give_up *g, int64_t now, struct err *err)
{
	if (stop_check(err) < 0)
		return -1;
	if (g->patience.deadline_ms > 0 && now >= g->patience.deadline_ms)
		return err_set(err, ERR_MAX_DURATION, "--max-duration reached; run again to go on");
	if (!g->answered_once && now - g->started_ms >= g->patience.connect_wait_ms)
		return end_run(g, "no answer", now - g->started_ms, err);
	if (now - g->progress_at_ms >= g->patience.give_up_after_ms)
		return end_run(g, "no progress", now - g->progress_at_ms, err);
	return 0;
}
