#include "base/http/curl.h"

#include "base/http/exchange.h"

#include "base/cleanup.h"
#include "base/stop.h"
#include "base/units.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
	IDLE_MAX = 32,        /* easy handles kept for the next exchanges */
	STALL_CHECK_MS = 250, /* how often exchanges are looked at */
};

struct http {
	struct transport transport; /* first: the base */
	struct http_curl_options options;
	CURLM *multi; /* owned */
	struct http_sockets sockets;
	struct http_gate gate;
	struct http_exchange *exchanges; /* owned list */
	bool submitted;                  /* since curl_multi_perform was called last */
	CURL *idle[IDLE_MAX];            /* owned */
	size_t idle_count;
	int64_t checked_ms; /* monotonic: when stalls were looked for last */
};

static struct http *http_of(struct transport *t)
{
	return (struct http *)t;
}

static int multi_failed(CURLMcode code, struct err *err)
{
	return err_set(err, code == CURLM_OUT_OF_MEMORY ? ERR_MEMORY : ERR_OTHER, "libcurl: %s",
	               curl_multi_strerror(code));
}

/* Takes an exchange off list and multi handle, and keeps its easy handle if there is room. */
static void drop_exchange(struct http *h, struct http_exchange *x)
{
	CURL *easy;

	(void)curl_multi_remove_handle(h->multi, x->easy);
	if (x->previous)
		x->previous->next = x->next;
	else
		h->exchanges = x->next;
	if (x->next)
		x->next->previous = x->previous;
	easy = http_exchange_free(x);
	if (h->idle_count < IDLE_MAX)
		h->idle[h->idle_count++] = easy;
	else
		curl_easy_cleanup(easy);
}

static void finish_exchange(struct http *h, struct http_exchange *x, CURLcode code)
{
	struct http_answer answer;

	http_exchange_answer(x, code, &answer);
	/* Off the multi first, so that done may submit to the connection that is now free. */
	(void)curl_multi_remove_handle(h->multi, x->easy);
	x->request.done(x->request.context, &answer);
	drop_exchange(h, x);
}

static int deliver_answers(struct http *h)
{
	int count = 0, left;
	CURLMsg *message;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		CURLcode code = message->data.result;
		char *private = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		finish_exchange(h, (struct http_exchange *)(void *)private, code);
		count++;
	}
	return count;
}

static int end_stalled(struct http *h)
{
	int64_t now = monotonic_ms();
	struct http_exchange *x = h->exchanges;
	char text[UNITS_TEXT_MAX];
	int count = 0;

	if (now - h->checked_ms < STALL_CHECK_MS)
		return 0;
	h->checked_ms = now;
	while (x) {
		if (!http_exchange_stalled(x, now)) {
			x = x->next;
			continue;
		}
		http_exchange_fail(x, HTTP_FAILED_STALL, "nothing moved for %s",
		                   duration_text(now - x->mark.since_ms, text));
		finish_exchange(h, x, CURLE_OPERATION_TIMEDOUT);
		count++;
		/* done may have cancelled any other exchange: begin again. */
		x = h->exchanges;
	}
	return count;
}

static int http_submit(struct transport *t, const struct http_request *request,
                       struct http_exchange **exchange, struct err *err)
{
	struct http *h = http_of(t);
	CURL *easy = h->idle_count > 0 ? h->idle[--h->idle_count] : curl_easy_init();
	struct http_exchange *x;
	CURLMcode code;

	if (!easy)
		return err_memory(err);
	x = http_exchange_new(easy, &h->options, &h->sockets, &h->gate, request, err);
	if (!x)
		return -1;
	code = curl_multi_add_handle(h->multi, x->easy);
	if (code != CURLM_OK) {
		curl_easy_cleanup(http_exchange_free(x));
		return multi_failed(code, err);
	}
	x->next = h->exchanges;
	if (x->next)
		x->next->previous = x;
	h->exchanges = x;
	h->submitted = true;
	if (exchange)
		*exchange = x;
	return 0;
}

/* The exchange that has waited at the gate for longest; NULL: none waits. */
static struct http_exchange *first_waiting(const struct http *h)
{
	struct http_exchange *first = NULL;

	if (h->gate.rate.bytes_per_s == 0)
		return NULL;
	for (struct http_exchange *x = h->exchanges; x; x = x->next)
		if (x->turn > 0 && (!first || x->turn < first->turn))
			first = x;
	return first;
}

/* One at a time: it takes what there is, and the next one waits for the next step. */
static void open_gate(struct http *h)
{
	struct http_exchange *first = first_waiting(h);

	if (first && rate_limit_wait_ms(&h->gate.rate, monotonic_ms()) == 0)
		http_exchange_resume(first);
}

/* Waits until a socket, a timer of libcurl's or a signal wants attention. */
static CURLMcode wait_for_more(struct http *h, int timeout_ms)
{
	struct curl_waitfd stop = {.fd = stop_fd(), .events = CURL_WAIT_POLLIN};
	bool sleep_only = stop_requested() != 0;

	if (h->exchanges && timeout_ms > STALL_CHECK_MS)
		timeout_ms = STALL_CHECK_MS;
	if (first_waiting(h)) {
		int64_t wait = rate_limit_wait_ms(&h->gate.rate, monotonic_ms());

		timeout_ms = wait < timeout_ms ? (int)wait : timeout_ms;
	}
	/* Once a signal came its descriptor stays readable and would keep us from ever sleeping. */
	return curl_multi_poll(h->multi, &stop, stop.fd >= 0 && !sleep_only ? 1 : 0, timeout_ms,
	                       NULL);
}

static int http_poll(struct transport *t, int timeout_ms, struct err *err)
{
	struct http *h = http_of(t);
	int64_t until = monotonic_ms() + timeout_ms;
	int running, count;

	for (;;) {
		CURLMcode code;
		int64_t left;

		open_gate(h);
		h->submitted = false;
		code = curl_multi_perform(h->multi, &running);
		if (code != CURLM_OK)
			return multi_failed(code, err);
		count = deliver_answers(h) + end_stalled(h);
		/* What done submitted is not to wait for what the caller does next. */
		if (h->submitted)
			code = curl_multi_perform(h->multi, &running);
		if (code != CURLM_OK)
			return multi_failed(code, err);
		left = until - monotonic_ms();
		if (count > 0 || left <= 0)
			return count;
		code = wait_for_more(h, (int)left);
		if (code != CURLM_OK)
			return multi_failed(code, err);
		if (stop_requested())
			until = 0; /* one more round, then back to the caller */
	}
}

static void http_cancel(struct transport *t, struct http_exchange *exchange)
{
	drop_exchange(http_of(t), exchange);
}

static void http_progress_of(struct transport *t, struct http_exchange *exchange,
                             struct http_progress *progress)
{
	(void)t;
	http_exchange_progress(exchange, progress);
}

static const struct transport_ops http_ops = {
	.submit = http_submit,
	.poll = http_poll,
	.cancel = http_cancel,
	.progress = http_progress_of,
};

static CURLcode global_code;

static void global_init(void)
{
	global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct transport *http_curl_new(const struct http_curl_options *options, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *h;

	(void)pthread_once(&once, global_init);
	if (global_code != CURLE_OK) {
		(void)err_set(err, ERR_OTHER, "libcurl: %s", curl_easy_strerror(global_code));
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (!h) {
		(void)err_memory(err);
		return NULL;
	}
	h->transport.ops = &http_ops;
	rate_limit_init(&h->gate.rate, options->bwlimit_bytes_per_s, monotonic_ms());
	h->options = *options;
	h->multi = curl_multi_init();
	if (!h->multi) {
		(void)err_memory(err);
		free(h);
		return NULL;
	}
	(void)curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)options->connections);
	return &h->transport;
}

void http_curl_free(struct transport *t)
{
	struct http *h = http_of(t);

	if (!h)
		return;
	while (h->exchanges)
		drop_exchange(h, h->exchanges);
	while (h->idle_count > 0)
		curl_easy_cleanup(h->idle[--h->idle_count]);
	/* Closes the connections, which calls back into the table of sockets. */
	(void)curl_multi_cleanup(h->multi);
	free(h);
}
