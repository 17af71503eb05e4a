/*
 * client: the operations of S3 that drydock uses, each one signed HTTP request and one checked
 * answer.
 *
 *     struct s3 *s3 = s3_new(&settings, transport, err);
 *     s3_send(s3, &(struct s3_request){.op = S3_HEAD, .key = key}, done, context, &call, err);
 *     s3_poll(s3, 1000, err);                        calls done(context, &result)
 *     s3_free(s3);
 *
 * No queue, no retry, no limit here: sync/dispatch keeps the queue, calls s3_send when a request
 * may go, asks retry_decide what a failed result means and sends again. The request is signed
 * within s3_send, with the clock offset, the region and the credentials known at that moment.
 *
 * One thread owns it, the one that owns the transport.
 */
#ifndef DRYDOCK_SYNC_S3_CLIENT_H
#define DRYDOCK_SYNC_S3_CLIENT_H

#include "sync/credentials/credentials.h"
#include "sync/s3/endpoint.h"
#include "sync/s3/request.h"
#include "sync/s3/result.h"

typedef void s3_done_fn(void *context, struct s3_result *result);

struct s3_settings {
	struct endpoint endpoint;        /* copied */
	struct credentials *credentials; /* borrowed */
	int64_t complete_ms;             /* how long a Complete may be silent; 0: 600,000 */
	int64_t (*clock_ms)(void);       /* wall clock; NULL: now_ms */
};

struct s3;      /* opaque */
struct s3_call; /* one request under way; gone after done or s3_cancel */

struct s3 *s3_new(const struct s3_settings *settings, struct transport *transport,
                  struct err *err) MUST_CHECK;
void s3_free(struct s3 *s3); /* cancels what is under way; NULL is fine */

/*
 * Signs and sends. *call (may be NULL) names it for s3_cancel and s3_progress. -1 when it could not
 * be sent at all: ERR_AUTH without credentials, ERR_MEMORY, ERR_BUG for an impossible request.
 */
int s3_send(struct s3 *s3, const struct s3_request *request, s3_done_fn *done, void *context,
            struct s3_call **call, struct err *err) MUST_CHECK;
/* Waits at most timeout_ms; returns the number of results delivered, or -1. */
int s3_poll(struct s3 *s3, int timeout_ms, struct err *err) MUST_CHECK;
void s3_cancel(struct s3 *s3, struct s3_call *call); /* done is not called */
void s3_progress(struct s3 *s3, const struct s3_call *call, struct http_progress *progress);

const struct endpoint *s3_endpoint(const struct s3 *s3);
/* Requests sent so far, by kind. */
const uint64_t *s3_request_counts(const struct s3 *s3); /* [REQUEST_KINDS] */
/* The server's clock minus ours, as learned; added to the time of every signature (F4). */
int64_t s3_clock_offset_ms(const struct s3 *s3);

/*
 * What retry_decide asks for. s3_follow_region: false when there is nowhere new to go.
 * s3_refresh_credentials: nothing to do when another result's refresh was first.
 */
bool s3_follow_region(struct s3 *s3, const char *region);
int s3_refresh_credentials(struct s3 *s3, unsigned generation, struct err *err) MUST_CHECK;

#endif
