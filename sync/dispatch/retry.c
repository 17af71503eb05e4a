#include "sync/dispatch/retry.h"

#include <string.h>

static bool one_of(const char *code, const char *const *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

#define ONE_OF(code, codes) one_of(code, codes, sizeof(codes) / sizeof((codes)[0]))

static bool is_throttled(const struct retry_facts *f)
{
	static const char *const codes[] = {
		"SlowDown",
		"Throttling",
		"ThrottlingException",
		"ThrottledException",
		"RequestThrottled",
		"RequestThrottledException",
		"TooManyRequests",
		"RequestLimitExceeded",
		"BandwidthLimitExceeded",
		"LimitExceededException",
		"PriorRequestNotComplete",
		"EC2ThrottledException",
		"TooManyRequestsException",
		"ServiceUnavailable",
	};

	return backoff_status_is_throttled(f->status) || ONE_OF(f->s3_code, codes);
}

static bool is_transient(const struct retry_facts *f)
{
	static const char *const codes[] = {
		"RequestTimeout",
		"RequestTimeoutException",
		"IncompleteBody",
		"InternalError",
		"InternalFailure",
		"ServiceFailure",
		"OperationAborted",
		"ConditionalRequestConflict",
		"Busy",
		S3_CODE_MALFORMED,
	};

	return backoff_status_is_transient(f->status) || ONE_OF(f->s3_code, codes);
}

static int64_t backoff(const struct retry_facts *f, bool throttled)
{
	struct backoff b = {
		.attempts = f->attempts,
		.answered = f->failure == HTTP_OK,
		.throttled = throttled,
		.retry_after_ms = f->retry_after_ms,
		.silent_ms = f->silent_ms,
		.delay_max_ms = f->delay_max_ms,
		.random = f->random,
	};

	return backoff_ms(&b);
}

static struct retry_decision decide_to(enum retry_action action)
{
	return (struct retry_decision){.action = action, .code = ERR_TEMPORARY};
}

static struct retry_decision fail_object(enum err_code code)
{
	return (struct retry_decision){.action = RETRY_FAIL_OBJECT, .code = code};
}

static struct retry_decision fail_run(enum err_code code)
{
	return (struct retry_decision){.action = RETRY_FAIL_RUN, .code = code};
}

static struct retry_decision again(const struct retry_facts *f, bool throttled)
{
	struct retry_decision d = decide_to(RETRY_SEND);

	d.delay_ms = backoff(f, throttled);
	d.throttled = throttled;
	/* A server that is busy would only be busier by a new handshake. */
	d.fresh_connection = !throttled;
	return d;
}

/* No whole answer: the link, or something at this end. */
static struct retry_decision without_answer(const struct retry_facts *f)
{
	struct retry_decision d;

	switch (f->failure) {
	case HTTP_FAILED_TLS:
	case HTTP_FAILED_CONFIG:
		return fail_run(ERR_CONFIG);
	case HTTP_FAILED_MEMORY:
		return fail_run(ERR_MEMORY);
	case HTTP_FAILED_LOCAL:
		return fail_object(ERR_STORAGE);
	case HTTP_FAILED_LARGE:
		return fail_object(ERR_REFUSED);
	case HTTP_FAILED_LINK:
	case HTTP_FAILED_STALL:
	case HTTP_FAILED_SINK:    /* there is none */
	case HTTP_FAILED_HEADERS: /* is read as a malformed answer: sync/s3/result.c */
	case HTTP_OK:
		break;
	}
	/* The effect of these may be there although the answer was lost. */
	d = decide_to(f->op == S3_COMPLETE ? RETRY_LOOK : RETRY_SEND);
	d.delay_ms = backoff(f, false);
	d.fresh_connection = true;
	d.link_down = true;
	return d;
}

static bool on_upload(enum s3_op op)
{
	return op == S3_PUT_PART || op == S3_COPY_PART || op == S3_COMPLETE || op == S3_LIST_PARTS;
}

/* The upload is gone or does not hold what we think. False: something else. */
static bool upload_decision(const struct retry_facts *f, struct retry_decision *d)
{
	static const char *const gone[] = {"NoSuchUpload", "NoSuchKey"};
	static const char *const other_parts[] = {"InvalidPart", "InvalidPartOrder",
	                                          "EntityTooSmall"};

	if (!on_upload(f->op))
		return false;
	/* Of a copied part it is the source that is gone. */
	if (f->op == S3_COPY_PART && strcmp(f->s3_code, "NoSuchKey") == 0)
		return false;
	if (ONE_OF(f->s3_code, gone)) {
		/* An earlier Complete may have done it (M3). */
		*d = decide_to(f->op == S3_COMPLETE ? RETRY_LOOK : RETRY_RESTART);
		return true;
	}
	if (f->op == S3_COMPLETE && ONE_OF(f->s3_code, other_parts)) {
		*d = decide_to(RETRY_RESTART);
		return true;
	}
	return false;
}

/* Another writer has changed the key, or our own lost PUT has. */
static bool condition_decision(const struct retry_facts *f, struct retry_decision *d)
{
	bool conflict = f->status == 412 || f->status == 409 ||
	                strcmp(f->s3_code, "PreconditionFailed") == 0 ||
	                strcmp(f->s3_code, "ConditionalRequestConflict") == 0;

	if (!f->conditional)
		return false;
	/* Losers of a race get 500 from Ceph RGW. */
	if (!conflict && f->status != 500)
		return false;
	if (f->status == 412 || strcmp(f->s3_code, "PreconditionFailed") == 0)
		*d = decide_to(RETRY_LOOK);
	else
		*d = decide_to(RETRY_MERGE);
	d->delay_ms = backoff(f, false);
	return true;
}

/* An answer to HEAD has no body to say ExpiredToken in: 400 is then all that there is. */
static bool is_wordless_end(const struct retry_facts *f)
{
	return (f->op == S3_HEAD || f->op == S3_HEAD_BUCKET) && f->status == 400 &&
	       f->signed_for_a_time && !f->refreshed && !f->region_known;
}

static bool is_region_problem(const struct retry_facts *f)
{
	static const char *const codes[] = {
		"PermanentRedirect",
		"TemporaryRedirect",
		"Redirect",
		"AuthorizationHeaderMalformed",
		"IllegalLocationConstraintException",
		"AuthorizationQueryParametersError",
		"InvalidRegion",
	};
	bool bare = f->op == S3_HEAD || f->op == S3_HEAD_BUCKET;

	if (f->status == 301 || f->status == 302 || f->status == 307 || f->status == 308 ||
	    ONE_OF(f->s3_code, codes))
		return true;
	return bare && f->status == 400 && f->region_known;
}

static bool identity_decision(const struct retry_facts *f, struct retry_decision *d)
{
	static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException",
	                                      "TokenRefreshRequired", "RequestExpired"};
	static const char *const refused[] = {
		"InvalidAccessKeyId",
		"SignatureDoesNotMatch",
		"InvalidToken",
		"InvalidClientTokenId",
		"UnrecognizedClientException",
		"AccountProblem",
		"NotSignedUp",
		"InvalidSecurity",
	};

	if (is_region_problem(f) && f->wants_https) {
		*d = fail_run(ERR_CONFIG);
	} else if (is_region_problem(f)) {
		*d = f->redirected ? fail_run(ERR_CONFIG) : decide_to(RETRY_REGION);
	} else if (strcmp(f->s3_code, "RequestTimeTooSkewed") == 0 ||
	           strcmp(f->s3_code, "RequestInTheFuture") == 0) {
		/* Not learned from this answer: then another's may have told the offset already. */
		*d = f->signed_again ? fail_run(ERR_AUTH) : decide_to(RETRY_SIGN);
	} else if (is_wordless_end(f)) {
		*d = decide_to(RETRY_REFRESH);
	} else if (ONE_OF(f->s3_code, expired)) {
		*d = f->refreshed ? fail_run(ERR_AUTH) : decide_to(RETRY_REFRESH);
	} else if (ONE_OF(f->s3_code, refused)) {
		/* Some servers say so of a clock that is off. */
		*d = f->skew_learned && !f->signed_again ? decide_to(RETRY_SIGN)
		                                         : fail_run(ERR_AUTH);
	} else if (f->skew_learned && f->status == 403 && !f->signed_again) {
		*d = decide_to(RETRY_SIGN);
	} else {
		return false;
	}
	return true;
}

static struct retry_decision permanent(const struct retry_facts *f)
{
	static const char *const no_bucket[] = {"NoSuchBucket", "InvalidBucketName"};

	if (ONE_OF(f->s3_code, no_bucket))
		return fail_run(ERR_NOT_FOUND);
	/* The next object would be refused for the same --acl. */
	if (strcmp(f->s3_code, "AccessControlListNotSupported") == 0)
		return fail_run(ERR_CONFIG);
	/* A proxy asks for a name and a password. */
	if (f->status == 407)
		return fail_run(ERR_AUTH);
	if (f->status == 403 || f->status == 401) {
		/* Without its listing a sync knows nothing; any other object may still go. */
		if (f->op == S3_LIST || f->op == S3_HEAD_BUCKET)
			return fail_run(ERR_AUTH);
		return fail_object(ERR_AUTH);
	}
	if (f->status == 404)
		return f->op == S3_LIST ? fail_run(ERR_NOT_FOUND) : fail_object(ERR_NOT_FOUND);
	return f->op == S3_LIST ? fail_run(ERR_OTHER) : fail_object(ERR_OTHER);
}

static struct retry_decision answered(const struct retry_facts *f)
{
	static const char *const other_bytes[] = {"BadDigest", "XAmzContentSHA256Mismatch",
	                                          "InvalidDigest"};
	bool throttled = is_throttled(f);
	struct retry_decision d;

	if (identity_decision(f, &d) || upload_decision(f, &d))
		return d;
	/* What cannot be read most often says the same the next time. */
	if (f->answered >= (strcmp(f->s3_code, S3_CODE_MALFORMED) == 0 ? RETRY_MALFORMED_MAX
	                                                               : BACKOFF_ANSWERED_MAX))
		return f->op == S3_LIST ? fail_run(ERR_TEMPORARY) : fail_object(ERR_TEMPORARY);
	if (ONE_OF(f->s3_code, other_bytes)) {
		d = decide_to(RETRY_REHASH);
		d.delay_ms = backoff(f, false);
		d.fresh_connection = true;
		return d;
	}
	if (condition_decision(f, &d))
		return d;
	if (throttled || is_transient(f)) {
		d = again(f, throttled);
		/* Of a Complete that failed late the effect may be there (M3). */
		if (f->op == S3_COMPLETE && !throttled)
			d.action = RETRY_LOOK;
		return d;
	}
	if (f->status >= 500 && f->status != 501)
		return again(f, false);
	return permanent(f);
}

struct retry_decision retry_decide(const struct retry_facts *f)
{
	if (f->ok)
		return (struct retry_decision){.action = RETRY_NONE, .code = ERR_NONE};
	return f->failure != HTTP_OK ? without_answer(f) : answered(f);
}

struct retry_facts retry_facts_of(const struct s3_result *result)
{
	return (struct retry_facts){
		.op = result->op,
		.failure = result->failure,
		.status = result->status,
		.s3_code = result->fault.code,
		.retry_after_ms = result->retry_after_ms,
		.ok = result->ok,
		.skew_learned = result->skew_learned,
		.signed_for_a_time = result->signed_for_a_time,
		.region_known = result->region[0] != '\0',
		.wants_https = result->wants_https,
	};
}
