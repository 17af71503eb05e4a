/*
 * backoff: how long a request that failed waits before it goes again (F1, F2). Pure; randomness,
 * counts and the clock come from the caller.
 *
 * Source: the AWS SDKs' standard retry mode (backoff with full jitter: random x min(base x 2^(n-1),
 * 20 s), base 50 ms, 1 s when throttled).
 *
 * A lost connection is another matter than a refusal: no server is spared by waiting longer than
 * the link was away. Such a delay is therefore at most a quarter of the time since the link last
 * showed life, so that an outage is noticed to be over soon after its end, however long it was; and
 * at least BACKOFF_PROBE_MS is allowed.
 */
#ifndef DRYDOCK_BASE_HTTP_BACKOFF_H
#define DRYDOCK_BASE_HTTP_BACKOFF_H

#include "base/http/transport.h"

enum {
	BACKOFF_ANSWERED_MAX = 8, /* failures of one request that the server answered */
	BACKOFF_RETRY_AFTER_MAX_MS = 60000,
	BACKOFF_DELAY_MAX_MS = 20000,
	BACKOFF_PROBE_MS = 200,
};

struct backoff {
	unsigned attempts;      /* failures in a row, this one included */
	bool answered;          /* the server said no; else there was no whole answer */
	bool throttled;         /* it is busy */
	int64_t retry_after_ms; /* what it asked for; -1: nothing */
	int64_t silent_ms;    /* since an answer came or bytes arrived: where it is not answered */
	int64_t delay_max_ms; /* --retry-max-delay; 0: BACKOFF_DELAY_MAX_MS */
	uint64_t random;      /* full range, for the jitter */
};

int64_t backoff_ms(const struct backoff *b);

/* 429, 503 and 509: come again later, and with less. */
bool backoff_status_is_throttled(int status);
/* Other statuses after which the same request may well succeed. */
bool backoff_status_is_transient(int status);

/* What Retry-After asks for, in seconds or as a date by the answer's own clock; -1: nothing. */
int64_t backoff_retry_after_ms(const struct http_answer *answer);

#endif
