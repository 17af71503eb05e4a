#include "base/cleanup.h"
#include "base/hash.h"
#include "base/http/backoff.h"
#include "base/units.h"
#include "stage/registry/redirect.h"
#include "stage/registry/refusal.h"
#include "stage/registry/session_internal.h"

#include <string.h>

enum {
	CHALLENGED_MAX = 2,  /* a token that has ended, and a new one */
	LOST_TARGET_MAX = 3, /* storage refuses what a redirect led to: its signature has ended */
};

static uint64_t random_number(void)
{
	struct err ignored = ERR_INIT;
	uint64_t number;

	if (random_bytes(&number, sizeof(number), &ignored) < 0)
		number = (uint64_t)monotonic_ms() * 0x9E3779B97F4A7C15u;
	return number;
}

/* Where a redirect led is of no use after a while: it is asked for anew. */
static void again(struct registry_task *task, const struct http_answer *answer, bool throttled)
{
	struct registry_session *s = task->session;
	int64_t now = monotonic_ms();
	struct backoff b = {
		.attempts = task->attempts,
		.answered = answer->failure == HTTP_OK,
		.throttled = throttled,
		.retry_after_ms = backoff_retry_after_ms(answer),
		.silent_ms = now - s->link.alive_at_ms,
		.delay_max_ms = s->options->retry_max_delay_ms,
		.random = random_number(),
	};
	struct event event = {.type = EVENT_RETRY};

	event.u.retry.what = task->what;
	event.u.retry.why = s->give_up.last.message;
	event.u.retry.attempt = task->attempts;
	event.u.retry.delay_ms = backoff_ms(&b);
	event_emit(s->sink, &event);
	str_clear(&task->target);
	task->redirects = 0;
	task->fresh_connection = !throttled;
	session_enqueue(s, task, now + event.u.retry.delay_ms);
}

static void lost(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;
	bool moved = link_had_moved(answer->failure, task->moved_bytes);

	(void)err_set(&s->give_up.last, ERR_TEMPORARY, "%s: %s", s->host, answer->message);
	task->attempts = moved ? 1 : task->attempts + 1;
	link_health_lost(&s->link, moved, answer->connected, s->flying_count, monotonic_ms());
	if (task == &s->ping)
		s->https = !s->https; /* of the two that it may speak */
	again(task, answer, false);
}

void session_ask_rest(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;

	(void)err_set(&s->give_up.last, ERR_TEMPORARY,
	              "%s: the answer ended after %llu bytes, before the blob did", s->host,
	              (unsigned long long)answer->received_bytes);
	task->attempts = task->moved_bytes > 0 ? 1 : task->attempts + 1;
	again(task, answer, false);
}

/* No whole answer. */
static void unanswered(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;
	struct err err = ERR_INIT;

	switch (answer->failure) {
	case HTTP_FAILED_LINK:
	case HTTP_FAILED_STALL:
		lost(task, answer);
		return;
	case HTTP_FAILED_SINK:
		session_end_task(task, answer, NULL);
		return;
	case HTTP_FAILED_TLS:
		(void)err_set(
			&err, ERR_CONFIG,
			"%s: %s; put its authority into /etc/containers/certs.d/%s/ca.crt, or "
			"give --src-tls-verify=false",
			s->host, answer->message, s->host);
		break;
	case HTTP_FAILED_MEMORY:
		(void)err_memory(&err);
		break;
	case HTTP_FAILED_LARGE:
	case HTTP_FAILED_HEADERS:
		(void)err_set(&err, ERR_REFUSED, "%s: %s: %s", s->host, task->what,
		              answer->message);
		session_end_task(task, NULL, &err);
		return;
	default:
		(void)err_set(&err, ERR_CONFIG, "%s: %s", s->host, answer->message);
		break;
	}
	session_end_run(s, &err);
}

static void challenged(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;
	struct err err = ERR_INIT;

	if (++task->challenged > CHALLENGED_MAX) {
		(void)registry_refusal(s->host, task->what, task->scope, answer, &err);
		session_end_task(task, NULL, &err);
	} else if (registry_auth_challenged(&s->auth, task->scope, answer->headers, s->https,
	                                    &err) < 0) {
		(void)err_context(&err, "%s: %s", s->host, task->what);
		session_end_task(task, NULL, &err);
	} else {
		session_enqueue(s, task, 0);
	}
}

static void redirected(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;
	const char *location = http_answer_header(answer, "location");
	AUTO_STR struct str from = STR_INIT(REDIRECT_URL_MAX);
	struct err err = ERR_INIT;
	int result;

	result = task->target.len ? str_adds(&from, str_text(&task->target))
	                          : registry_session_url(s, task->url, &from, &err);
	if (result < 0)
		(void)err_memory(&err);
	else if (!location)
		result = err_set(&err, ERR_MALFORMED, "the redirect (%d) leads nowhere",
		                 answer->status);
	else if (++task->redirects > REDIRECTS_MAX)
		result = err_set(&err, ERR_REFUSED, "more than %d redirects", REDIRECTS_MAX);
	else
		result = registry_redirect(str_text(&from), location, &task->target, &err);
	if (result == 0) {
		session_enqueue(s, task, 0);
		return;
	}
	(void)err_context(&err, "%s: %s", s->host, task->what);
	session_end_task(task, NULL, &err);
}

/* What a redirect led to is signed for a while only; what is asked for may still be had. */
static bool lost_target(struct registry_task *task, const struct http_answer *answer)
{
	return task->target.len > 0 && answer->status >= 400 && answer->status < 500 &&
	       answer->status != 416 && task->lost_target++ < LOST_TARGET_MAX;
}

static void answered(struct registry_task *task, const struct http_answer *answer)
{
	struct registry_session *s = task->session;
	bool throttled = backoff_status_is_throttled(answer->status);
	bool put_off = throttled || backoff_status_is_transient(answer->status);
	int64_t now = monotonic_ms();

	/* A redirect leads nowhere yet: where it leads to may be down for ever. */
	give_up_answered(&s->give_up, put_off || registry_is_redirect(answer->status), now);
	session_link_is_there(s, now);
	if (answer->status == 401 && task->scope && task->target.len == 0) {
		challenged(task, answer);
	} else if (registry_is_redirect(answer->status) && task->method != HTTP_POST) {
		redirected(task, answer);
	} else if ((put_off && ++task->answered < BACKOFF_ANSWERED_MAX) ||
	           lost_target(task, answer)) {
		task->attempts++;
		(void)registry_refusal(s->host, task->what, task->scope, answer, &s->give_up.last);
		again(task, answer, throttled);
	} else {
		session_end_task(task, answer, NULL);
	}
}

void session_on_answer(void *context, const struct http_answer *answer)
{
	struct registry_task *task = context;
	struct registry_session *s = task->session;

	session_unlink(&s->flying, task);
	s->flying_count--;
	task->exchange = NULL;
	event_log(s->sink, 2, "%s %s: %d, %llu bytes, %lld ms", http_method_name(task->method),
	          task->what, answer->status, (unsigned long long)answer->received_bytes,
	          (long long)answer->duration_ms);
	registry_log_limits(s->sink, s->host, answer);
	if (answer->failure == HTTP_OK)
		answered(task, answer);
	else
		unanswered(task, answer);
}
