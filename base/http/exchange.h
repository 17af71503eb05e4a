/*
 * exchange: one request and its answer on one libcurl easy handle. Used by curl only, which owns
 * the multi handle and the list of exchanges.
 */
#ifndef DRYDOCK_BASE_HTTP_EXCHANGE_H
#define DRYDOCK_BASE_HTTP_EXCHANGE_H

#include "base/http/options.h"
#include "base/http/receive.h"
#include "base/http/socket.h"
#include "base/http/transport.h"

#include <curl/curl.h>

/* What an exchange looked like when bytes last moved. */
struct http_mark {
	uint64_t handed_bytes, received_bytes;
	int unacknowledged;
	int64_t since_ms; /* monotonic */
};

struct http_exchange {
	struct http_exchange *next, *previous;
	CURL *easy;                     /* owned */
	struct curl_slist *header_list; /* owned */
	struct http_sockets *sockets;   /* borrowed: the transport's */
	struct http_gate *gate;         /* borrowed: the transport's */
	uint64_t turn;                  /* waits at the gate since; 0: does not wait */
	int send_buffer_bytes;
	int64_t stall_ms;
	struct http_request request;   /* url and headers are no longer valid */
	struct http_received received; /* owned: the answer */
	uint64_t body_at_bytes;        /* of the request's body: handed to libcurl */
	uint64_t earlier_bytes;        /* handed before libcurl began the body again */
	uint64_t taken_bytes;          /* of body_at_bytes: acknowledged by the peer at least */
	uint64_t taken_earlier_bytes;
	int queued_bytes; /* written and not acknowledged, when last looked at */
	int fd;           /* the socket, -1: not known */
	bool connected;
	enum http_failure failure;          /* of our own making; HTTP_OK: none */
	char reason[CURL_ERROR_SIZE];       /* why, in our words */
	char message[CURL_ERROR_SIZE];      /* libcurl's words */
	int64_t sent_at_ms, answered_at_ms; /* wall clock */
	int64_t started_ms;                 /* monotonic */
	struct http_mark mark;
};

/* Takes over `easy` (fresh or reset), also when it fails: NULL with the error. */
struct http_exchange *http_exchange_new(CURL *easy, const struct http_curl_options *options,
                                        struct http_sockets *sockets, struct http_gate *gate,
                                        const struct http_request *request,
                                        struct err *err) MUST_CHECK;
/* Gives the easy handle back, reset, for the next one. */
CURL *http_exchange_free(struct http_exchange *x);

/* Ends it, from a callback or from outside, for a reason of our own; the first one counts. */
void http_exchange_fail(struct http_exchange *x, enum http_failure failure, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Lets an exchange that waits at the gate go on. */
void http_exchange_resume(struct http_exchange *x);
/* Whether nothing has moved for too long (F5); remembers when it last did. */
bool http_exchange_stalled(struct http_exchange *x, int64_t monotonic_now_ms);
/* The answer as it is when libcurl ended with `code`. Borrows from `x`. */
void http_exchange_answer(struct http_exchange *x, CURLcode code, struct http_answer *answer);
void http_exchange_progress(struct http_exchange *x, struct http_progress *progress);

#endif
