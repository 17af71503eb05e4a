/*
 * transport: one HTTP exchange as plain values, and the small table of functions through which the
 * S3 layer sends it. base/http/curl implements the table over libcurl; tests implement it by
 * script.
 *
 *     t->ops->submit(t, &request, &exchange, err)    starts it; nothing is called back yet
 *     t->ops->poll(t, timeout_ms, err)               moves bytes, calls request.done for what ended
 *     t->ops->cancel(t, exchange)                    drops it; done is not called
 *
 * One thread owns a transport. `done` is called from poll only, exactly once for each exchange that
 * was not cancelled; it may submit and cancel other exchanges. The transport has no queue and no
 * limit of its own: what is submitted goes out at once, because a signature must not wait.
 */
#ifndef DRYDOCK_BASE_HTTP_TRANSPORT_H
#define DRYDOCK_BASE_HTTP_TRANSPORT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_PUT, HTTP_POST, HTTP_DELETE };

const char *http_method_name(enum http_method method); /* "GET" */

/* What a request sends. Everything it points to is borrowed until done or cancel. */
struct http_body {
	const void *data;      /* the bytes, or NULL: they come from `fd` */
	int fd;                /* read with pread, so many bodies may share it; used if !data */
	uint64_t offset_bytes; /* where in fd the body starts */
	uint64_t length_bytes; /* 0: no body (PUT and POST then send Content-Length: 0) */
};

/* Why there is no complete answer. The answer's message tells more. */
enum http_failure {
	HTTP_OK = 0,       /* a whole answer arrived, whatever its status */
	HTTP_FAILED_LINK,  /* resolve, connect, send, receive, or a cut answer: may be retried */
	HTTP_FAILED_STALL, /* nothing moved for stall_ms, no answer for answer_ms: may be retried */
	HTTP_FAILED_TLS,   /* the server's certificate is not acceptable */
	HTTP_FAILED_LOCAL, /* the body's file could not be read, or is shorter than it was */
	HTTP_FAILED_LARGE, /* the answer exceeds answer_max_bytes */
	HTTP_FAILED_HEADERS, /* its headers exceed the limits */
	HTTP_FAILED_SINK,    /* the sink took no more; it knows why */
	HTTP_FAILED_CONFIG,  /* URL, proxy or CA bundle make the request impossible */
	HTTP_FAILED_MEMORY,
};

struct http_answer;
typedef void http_done_fn(void *context, const struct http_answer *answer);

/*
 * Where the body of an answer 200 or 206 goes as it arrives, instead of answer->body: it may be of
 * any size then. Called from poll only; what it takes counts against --bwlimit. One that returns -1
 * ends the exchange as HTTP_FAILED_SINK.
 */
struct http_sink {
	/* Before the first byte; not called for a body without any. */
	int (*begin)(void *context, int status, const struct str *headers);
	int (*take)(void *context, const void *data, size_t len);
	void *context; /* borrowed */
};

/* Copied by submit, except what the body points to and `context`. */
struct http_request {
	enum http_method method;
	const char *url;            /* absolute; sent exactly as it is, no normalisation */
	const char *const *headers; /* "Name: value", without CR and LF */
	size_t header_count;
	struct http_body body;
	struct http_sink sink;   /* take is NULL: the whole body goes to answer->body */
	size_t answer_max_bytes; /* of what goes there; errors may have some KiB at least */
	int64_t answer_ms;       /* silence after the body; 0: default. Complete takes minutes */
	/*
	 * An idle connection that turns out to be dead is replaced, and the request sent again,
	 * without a word; not so when `once` is set, since its effect may be there already.
	 */
	bool once;
	bool fresh_connection; /* and a fresh DNS lookup: set when this is a retry */
	http_done_fn *done;
	void *context;
};

/* Valid only during the call of done. */
struct http_answer {
	enum http_failure failure;
	const char *message;       /* what curl or the system said; "" when failure is HTTP_OK */
	int status;                /* HTTP status; 0 before one arrived (set on a cut answer too) */
	const struct str *headers; /* read with http_answer_header */
	const struct str *body;
	/*
	 * Of bodies, each time that a connection took them: what was handed to libcurl, which asks
	 * for no more than it can send. Of a lost connection it counts too much by what was still
	 * in its buffer and the kernel's (128 and 256 KiB at most); libcurl's own counter tells too
	 * little by whole bodies.
	 */
	uint64_t sent_bytes;
	uint64_t acknowledged_bytes; /* of those, what the peer had taken at least */
	uint64_t received_bytes;     /* of the answer's body */
	int64_t sent_at_ms;          /* wall clock, when the request began to go out; 0: never */
	int64_t answered_at_ms; /* wall clock, when the first byte of the answer came; 0: never */
	int64_t duration_ms;    /* submit to done */
	bool connected;         /* a connection was there, new or reused */
};

/* How far an exchange is, for progress and for measuring throughput. */
struct http_progress {
	uint64_t sent_bytes;         /* as http_answer counts them */
	uint64_t acknowledged_bytes; /* the same; grows only (an estimate within TLS) */
	uint64_t received_bytes;
};

struct http_exchange; /* owned by the transport, gone after done or cancel */
struct transport;

struct transport_ops {
	int (*submit)(struct transport *t, const struct http_request *request,
	              struct http_exchange **exchange, struct err *err);
	/*
	 * Waits at most timeout_ms for something to happen and handles it. Also returns early when
	 * stop_fd() is readable. Returns the number of exchanges that ended, or -1.
	 */
	int (*poll)(struct transport *t, int timeout_ms, struct err *err);
	void (*cancel)(struct transport *t, struct http_exchange *exchange);
	void (*progress)(struct transport *t, struct http_exchange *exchange,
	                 struct http_progress *progress);
};

/* First member of every implementation. */
struct transport {
	const struct transport_ops *ops;
};

/*
 * How implementations store headers: each line as `name: value`, name in lower case, value trimmed,
 * one NUL after each. A repeated header: the last one counts.
 */
int http_headers_add(struct str *headers, const char *line, size_t len);
/* The value ("" if empty) or NULL; `name` in lower case. Borrowed. */
const char *http_headers_get(const struct str *headers, const char *name);
/*
 * Of a header that may be repeated: the value after `after`, which is one that this function gave,
 * or the first for NULL; NULL: no more.
 */
const char *http_headers_next(const struct str *headers, const char *name, const char *after);
static inline const char *http_answer_header(const struct http_answer *answer, const char *name)
{
	return http_headers_get(answer->headers, name);
}

#endif
