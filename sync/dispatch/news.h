/*
 * news: what a sink is told of requests and of the link while they are under way.
 *
 *     news_request(sink, result); news_retry(sink, task, result, delay_ms);
 *     struct link_news n = {0};
 *     link_news_pause(&n, now + delay_ms);            the server asked for it
 *     link_news_tell(&n, sink, &give_up, flying, down, now);    at each step
 */
#ifndef DRYDOCK_SYNC_DISPATCH_NEWS_H
#define DRYDOCK_SYNC_DISPATCH_NEWS_H

#include "base/http/give_up.h"
#include "sync/dispatch/task.h"

#include "base/event.h"

struct s3;

/* EVENT_LOG of level 2. */
void news_request(const struct event_sink *sink, const struct s3_result *result);
/* EVENT_RETRY. */
void news_retry(const struct event_sink *sink, const struct task *task,
                const struct s3_result *result, int64_t delay_ms);

/* Body bytes of what is flying (of one key, or NULL: of all) that have reached the peer. */
uint64_t news_flying_bytes(const struct task *flying, struct s3 *s3, const char *key);

enum {
	LINK_NEWS_MS = 200,          /* how often the same is told */
	LINK_NEWS_DOWN_MS = 1000,    /* a link that is back so soon is not worth a word */
	LINK_NEWS_STALLED_MS = 5000, /* nothing moves, and nothing failed */
};

struct link_news {             /* all zero: nothing was told yet */
	enum link_state state; /* as it was told */
	int64_t told_at_ms;    /* monotonic, as all of them */
	int64_t pause_until_ms;
};

void link_news_pause(struct link_news *n, int64_t until_ms);
/* EVENT_LINK, where there is something to tell. `down`: no request was answered lately. */
void link_news_tell(struct link_news *n, const struct event_sink *sink, const struct give_up *g,
                    const struct task *flying, bool down, int64_t now_ms);

#endif
