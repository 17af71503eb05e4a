#include "base/http/receive.h"

#include <stdio.h>
#include <string.h>

enum {
	HEADERS_MAX = 64 * 1024, /* of an answer */
	ERROR_BODY_MAX = 64 * 1024,
};

void http_received_init(struct http_received *r, const struct http_request *request)
{
	size_t body_max = request->answer_max_bytes;

	memset(r, 0, sizeof(*r));
	str_init(&r->headers, HEADERS_MAX);
	str_init(&r->body, body_max < ERROR_BODY_MAX ? (size_t)ERROR_BODY_MAX : body_max);
	r->sink = request->sink;
}

void http_received_release(struct http_received *r)
{
	str_release(&r->headers);
	str_release(&r->body);
}

static enum http_taken refuse(struct http_received *r, enum http_failure failure, const char *what,
                              size_t max_bytes)
{
	r->failure = failure;
	(void)snprintf(r->reason, sizeof(r->reason), "%s %zu bytes", what, max_bytes);
	return HTTP_TAKE_REFUSED;
}

static enum http_taken refuse_by_sink(struct http_received *r)
{
	r->failure = HTTP_FAILED_SINK;
	(void)snprintf(r->reason, sizeof(r->reason), "the answer was refused");
	return HTTP_TAKE_REFUSED;
}

enum http_taken http_received_header(struct http_received *r, const char *line, size_t len)
{
	r->header_bytes += len;
	/* A new status line (after 100 Continue, or of a request sent again) begins the answer. */
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		str_clear(&r->headers);
	if (http_headers_add(&r->headers, line, len) == 0)
		return HTTP_TAKEN;
	return refuse(r, HTTP_FAILED_HEADERS, "the answer's headers exceed", HEADERS_MAX);
}

/* A sink takes all or nothing, so what the gate grants is saved up until it is enough. */
static bool is_granted(struct http_received *r, struct http_gate *gate, size_t len, int64_t now)
{
	if (r->granted_bytes < len)
		r->granted_bytes += rate_limit_take(&gate->rate, len - r->granted_bytes, now);
	if (r->granted_bytes < len)
		return false;
	r->granted_bytes = 0;
	return true;
}

enum http_taken http_received_body(struct http_received *r, struct http_gate *gate, int status,
                                   const void *data, size_t len, int64_t monotonic_now_ms)
{
	if (r->sink.take && (status == 200 || status == 206)) {
		if (!is_granted(r, gate, len, monotonic_now_ms))
			return HTTP_TAKE_LATER;
		r->body_bytes += len;
		if (!r->sink_begun && r->sink.begin(r->sink.context, status, &r->headers) < 0)
			return refuse_by_sink(r);
		r->sink_begun = true;
		if (r->sink.take(r->sink.context, data, len) == 0)
			return HTTP_TAKEN;
		return refuse_by_sink(r);
	}
	r->body_bytes += len;
	if (str_add(&r->body, data, len) == 0)
		return HTTP_TAKEN;
	return refuse(r, HTTP_FAILED_LARGE, "the answer exceeds", r->body.max);
}
