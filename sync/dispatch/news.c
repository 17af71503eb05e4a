#include "sync/dispatch/news.h"

#include "sync/s3/client.h"
#include "sync/s3/error.h"

#include "base/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void news_request(const struct event_sink *sink, const struct s3_result *result)
{
	char why[S3_WHY_MAX];

	if (sink->log_level < 2)
		return;
	event_log(sink, 2, "%s %s: %s, %" PRIu64 " bytes sent, %" PRId64 " ms",
	          s3_op_name(result->op), result->key, result->ok ? "ok" : s3_why(result, why),
	          result->sent_bytes, result->duration_ms);
}

void news_retry(const struct event_sink *sink, const struct task *task,
                const struct s3_result *result, int64_t delay_ms)
{
	char what[KEY_MAX + 32], why[S3_WHY_MAX];
	struct event event;

	(void)snprintf(what, sizeof(what), "%s %s", s3_op_name(task->request.op),
	               task->request.key ? task->request.key : "");
	memset(&event, 0, sizeof(event));
	event.type = EVENT_RETRY;
	event.u.retry.what = what;
	event.u.retry.why = s3_why(result, why);
	event.u.retry.attempt = task->attempts;
	event.u.retry.delay_ms = delay_ms;
	event_emit(sink, &event);
}

uint64_t news_flying_bytes(const struct task *flying, struct s3 *s3, const char *key)
{
	uint64_t bytes = 0;

	for (const struct task *t = flying; t; t = t->next) {
		struct http_progress progress = {0};

		if ((t->request.op != S3_PUT && t->request.op != S3_PUT_PART) ||
		    (key && strcmp(t->request.key, key) != 0))
			continue;
		s3_progress(s3, t->call, &progress);
		bytes += progress.acknowledged_bytes;
	}
	return bytes;
}

void link_news_pause(struct link_news *n, int64_t until_ms)
{
	if (until_ms > n->pause_until_ms)
		n->pause_until_ms = until_ms;
}

static enum link_state judge(const struct link_news *n, const struct task *flying, bool down,
                             int64_t for_ms, int64_t now_ms)
{
	/* The oldest comes first. What was done here before it was sent is no standstill. */
	bool waits = flying && now_ms - flying->sent_ms >= LINK_NEWS_STALLED_MS;

	if (down && for_ms >= LINK_NEWS_DOWN_MS)
		return LINK_DOWN;
	if (now_ms < n->pause_until_ms)
		return LINK_BUSY;
	return waits && for_ms >= LINK_NEWS_STALLED_MS ? LINK_STALLED : LINK_MOVES;
}

void link_news_tell(struct link_news *n, const struct event_sink *sink, const struct give_up *g,
                    const struct task *flying, bool down, int64_t now_ms)
{
	struct event event = {.type = EVENT_LINK};
	struct event_link *link = &event.u.link;

	if (now_ms - n->told_at_ms < LINK_NEWS_MS)
		return;
	link->for_ms = now_ms - (g->answered_once ? g->progress_at_ms : g->started_ms);
	link->gives_up_in_ms = give_up_in_ms(g, now_ms);
	link->again_in_ms = n->pause_until_ms > now_ms ? n->pause_until_ms - now_ms : 0;
	link->state = judge(n, flying, down, link->for_ms, now_ms);
	if (link->state == LINK_MOVES && n->state == LINK_MOVES)
		return;
	n->state = link->state;
	n->told_at_ms = now_ms;
	event_emit(sink, &event);
}
