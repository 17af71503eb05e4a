/*
 * receive: the answer of one exchange as it arrives: headers and body within limits, or the body on
 * its way to a sink. Used by exchange only; knows nothing of libcurl.
 */
#ifndef DRYDOCK_BASE_HTTP_RECEIVE_H
#define DRYDOCK_BASE_HTTP_RECEIVE_H

#include "base/http/rate_limit.h"
#include "base/http/transport.h"

/* --bwlimit, for all exchanges together. Exchanges that must wait go on in the order of their
 * arrival. */
struct http_gate {
	struct rate_limit rate;
	uint64_t last_turn;
};

enum http_taken {
	HTTP_TAKEN,
	HTTP_TAKE_LATER,   /* the same bytes again, when the gate opens */
	HTTP_TAKE_REFUSED, /* `failure` and `reason` tell why */
};

struct http_received {
	struct str headers, body; /* owned */
	uint64_t header_bytes;    /* any byte is a sign of life */
	uint64_t body_bytes;
	struct http_sink sink;
	bool sink_begun;
	size_t granted_bytes; /* by the gate, of what comes next */
	enum http_failure failure;
	char reason[64];
};

void http_received_init(struct http_received *r, const struct http_request *request);
void http_received_release(struct http_received *r);

enum http_taken http_received_header(struct http_received *r, const char *line, size_t len);
/* A part of the body of an answer with this status. */
enum http_taken http_received_body(struct http_received *r, struct http_gate *gate, int status,
                                   const void *data, size_t len, int64_t monotonic_now_ms);

#endif
