/*
 * retry: what a failed request means. One pure function; randomness and counts come from the
 * caller (F1 to F4, M3, W4).
 *
 *     struct retry_facts facts = retry_facts_of(result);
 *     facts.answered = ++object->answered_failures; …
 *     struct retry_decision d = retry_decide(&facts);
 *
 * Source of the codes: the AWS SDKs' standard retry mode; Amazon S3 API Reference, "Error
 * responses". How long to wait is base/http/backoff's.
 */
#ifndef DRYDOCK_SYNC_DISPATCH_RETRY_H
#define DRYDOCK_SYNC_DISPATCH_RETRY_H

#include "base/http/backoff.h"
#include "sync/s3/result.h"

enum retry_action {
	RETRY_NONE,    /* the request succeeded */
	RETRY_SEND,    /* send the same again after delay_ms, with fresh_connection as said */
	RETRY_SIGN,    /* the clock was wrong: send again now, the offset is learned */
	RETRY_REFRESH, /* s3_refresh_credentials, then send again */
	RETRY_REGION, /* s3_follow_region (HEAD_BUCKET first when the result names none), send again
	               */
	RETRY_REHASH, /* the server got other bytes than we announced: hash the local file again;
	               * if it is rotten the object fails with ERR_INTEGRITY, else send again */
	RETRY_LOOK, /* the effect may be there already: HEAD; a match is success, else M3 says what
	             * follows (Complete), or it is planned anew (conditional PUT) */
	RETRY_RESTART, /* the upload is gone or holds other parts: a new CreateMultipartUpload */
	RETRY_MERGE,   /* another writer changed the key meanwhile: list again, merge, send (W4) */
	RETRY_FAIL_OBJECT, /* this object fails with `code`; the others go on */
	RETRY_FAIL_RUN,    /* no request will do better: the run ends with `code` */
};

/* What the failed request was and how often it failed before. */
struct retry_facts {
	enum s3_op op;
	enum http_failure failure;
	int status;
	const char *s3_code;    /* fault.code; borrowed */
	int64_t retry_after_ms; /* -1: none */
	bool ok;
	bool skew_learned;
	bool signed_for_a_time; /* by a key that ends */
	bool region_known;      /* the answer names a region that is not ours */
	bool wants_https;       /* the server redirects to the same over https */
	bool conditional;       /* the PUT carried If-Match or If-None-Match */
	/* Counted by the caller, this failure included. */
	unsigned attempts;    /* failures of this request in a row: sets the delay */
	unsigned answered;    /* those the server answered: at most BACKOFF_ANSWERED_MAX an object,
	                       * RETRY_MALFORMED_MAX when the answer cannot be read */
	bool refreshed;       /* credentials were refreshed for it already */
	bool redirected;      /* a region was followed for it already */
	bool signed_again;    /* the clock was corrected for it already */
	uint64_t random;      /* full range, for the jitter */
	int64_t delay_max_ms; /* --retry-max-delay; 0: 20,000 */
	int64_t silent_ms;    /* since an answer came or bytes arrived: bounds the delay of a
	                       * request without an answer */
};

enum { RETRY_MALFORMED_MAX = 2 };

struct retry_decision {
	enum retry_action action;
	enum err_code
		code; /* for FAIL_*; for the others what to report if the run ends meanwhile */
	int64_t delay_ms;
	bool fresh_connection;
	bool link_down; /* nothing was answered: counts for pausing and probing (F2), not as
	                   answered */
	bool throttled; /* halve what is in flight */
};

struct retry_facts retry_facts_of(const struct s3_result *result);
struct retry_decision retry_decide(const struct retry_facts *facts);

#endif
