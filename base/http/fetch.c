#include "base/http/fetch.h"

#include "base/stop.h"

#include <string.h>

struct waiting {
	struct str *out;
	struct err *err;
	bool done;
	int status; /* -1: failed */
};

static void on_fetched(void *context, const struct http_answer *answer)
{
	struct waiting *w = context;

	w->done = true;
	w->status = answer->status;
	if (answer->failure != HTTP_OK)
		w->status = err_set(w->err, ERR_TEMPORARY, "%s", answer->message);
	else if (str_add(w->out, str_text(answer->body), answer->body->len) < 0)
		w->status = err_set(w->err, ERR_TEMPORARY, "the answer is too long");
}

static int wait_for_answer(struct transport *t, struct waiting *w, struct err *err)
{
	while (!w->done)
		if (stop_check(err) < 0 || t->ops->poll(t, 1000, err) < 0)
			return -1;
	return w->status;
}

int http_fetch(const struct http_fetch *fetch, struct str *out, struct err *err)
{
	struct http_curl_options options = HTTP_CURL_OPTIONS_DEFAULT;
	struct waiting waiting = {.out = out, .err = err};
	struct http_request request = {
		.method = fetch->method,
		.url = fetch->url,
		.headers = fetch->headers,
		.header_count = fetch->header_count,
		.body = {.data = fetch->body,
	                 .length_bytes = fetch->body ? strlen(fetch->body) : 0},
		.answer_max_bytes = out->max,
		.done = on_fetched,
		.context = &waiting,
	};
	struct transport *t;
	int status;

	options.connect_ms = options.stall_ms = options.answer_ms = fetch->timeout_ms;
	options.no_proxy = fetch->no_proxy;
	options.ca_bundle = fetch->ca_bundle;
	t = http_curl_new(&options, err);
	if (!t)
		return -1;
	status = t->ops->submit(t, &request, NULL, err);
	if (status == 0)
		status = wait_for_answer(t, &waiting, err);
	http_curl_free(t);
	return status;
}
