#include "base/http/backoff.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>

enum {
	BASE_MS = 50,
	BASE_THROTTLED_MS = 1000,
	DOUBLINGS_MAX = 20, /* keeps the shift small; the cap is reached long before */
	RETRY_AFTER_LIMIT_S = 7 * 24 * 3600,
};

static int64_t delay_limit(const struct backoff *b)
{
	int64_t limit = b->delay_max_ms > 0 ? b->delay_max_ms : BACKOFF_DELAY_MAX_MS;
	int64_t probe = b->silent_ms / 4 > BACKOFF_PROBE_MS ? b->silent_ms / 4 : BACKOFF_PROBE_MS;

	return !b->answered && probe < limit ? probe : limit;
}

/* Full jitter: anything between nothing and the exponential bound. */
int64_t backoff_ms(const struct backoff *b)
{
	int64_t limit = delay_limit(b);
	unsigned doublings = b->attempts > 1 ? b->attempts - 1 : 0;
	int64_t bound = b->throttled ? BASE_THROTTLED_MS : BASE_MS;
	int64_t delay;

	bound <<= doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX;
	if (bound > limit)
		bound = limit;
	delay = (int64_t)(b->random % (uint64_t)(bound + 1));
	if (b->retry_after_ms > delay)
		delay = b->retry_after_ms < BACKOFF_RETRY_AFTER_MAX_MS ? b->retry_after_ms
		                                                       : BACKOFF_RETRY_AFTER_MAX_MS;
	return delay;
}

bool backoff_status_is_throttled(int status)
{
	return status == 429 || status == 503 || status == 509;
}

bool backoff_status_is_transient(int status)
{
	return status == 500 || status == 502 || status == 504 || status == 408;
}

int64_t backoff_retry_after_ms(const struct http_answer *answer)
{
	const char *text = http_answer_header(answer, "retry-after");
	const char *date = http_answer_header(answer, "date");
	time_t at, now;
	long long seconds;
	char *end;

	if (!text)
		return -1;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end)
		return !errno && seconds <= RETRY_AFTER_LIMIT_S ? seconds * 1000 : -1;
	at = curl_getdate(text, NULL);
	now = date ? curl_getdate(date, NULL) : -1;
	if (at < 0 || now < 0)
		return -1;
	return at > now ? (int64_t)(at - now) * 1000 : 0;
}
