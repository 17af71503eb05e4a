/*
 * result: what became of a request, read from its HTTP answer.
 */
#ifndef DRYDOCK_SYNC_S3_RESULT_H
#define DRYDOCK_SYNC_S3_RESULT_H

#include "sync/s3/objects_page.h"
#include "sync/s3/receipt.h"
#include "sync/s3/request.h"
#include "sync/s3/uploads_page.h"

/* The headers of HEAD, GET, PUT, PUT_PART. Borrowed; "" when absent. */
struct s3_head {
	char etag[ETAG_MAX + 1]; /* without quotes; "" when absent or too long */
	uint64_t size_bytes;     /* Content-Length; of HEAD the object's size */
	const char *content_type;
	const char *cache_control;
	const char *sse;            /* x-amz-server-side-encryption */
	bool sse_customer;          /* SSE-C: the ETag is opaque */
	const char *meta_token;     /* x-amz-meta-drydock-token */
	const char *meta_sha256;    /* x-amz-meta-drydock-sha256 */
	const char *meta_digest;    /* x-amz-meta-docker-content-digest */
	const char *meta_staged_at; /* x-amz-meta-drydock-staged-at */
	int64_t modified_at_ms;     /* Last-Modified; -1 if none */
};

/* Valid during the call of done, except what is taken out with STEAL. */
struct s3_result {
	enum s3_op op;
	const char *key;           /* as requested; "" if none */
	bool ok;                   /* answered, 2xx, and the answer is what it must be */
	enum http_failure failure; /* transport */
	int status;                /* HTTP; 0: none */
	/*
	 * Set when !ok: the server's <Error>; for a bad body of a good status code is
	 * "MalformedAnswer" (ours). HEAD has no body: the code is then made from the status
	 * ("NoSuchKey" for 404, "AccessDenied" for 403, "PreconditionFailed" for 412, …).
	 */
	struct s3_fault fault;
	/*
	 * Transport's or parser's own words; "" if none. Of a refusal without an <Error>: what its
	 * body is instead.
	 */
	const char *message;

	struct s3_head head;
	struct s3_receipt receipt;
	struct s3_page *page;       /* owned by the result; STEAL to keep */
	struct s3_parts *parts;     /* owned by the result; STEAL to keep */
	struct s3_uploads *uploads; /* owned by the result; STEAL to keep */
	const struct str *body;     /* of GET, and of errors; borrowed */

	int64_t retry_after_ms;         /* Retry-After or x-amz-retry-after; -1 if none */
	int64_t server_date_ms;         /* Date; -1 if none */
	const char *location;           /* where a redirect points to; "" if nowhere; borrowed */
	bool wants_https;               /* …which is the same over https, and not asked so */
	const char *region;             /* x-amz-bucket-region or <Region>; "" if none; borrowed */
	unsigned credential_generation; /* that signed it; 0: anonymous */
	bool signed_for_a_time;         /* by a key with a session token, which ends */
	bool skew_learned;   /* this answer moved the clock offset: signing again may help */
	uint64_t sent_bytes; /* body bytes that went out */
	uint64_t acknowledged_bytes; /* of those, what the server has taken at least */
	uint64_t received_bytes;
	int64_t duration_ms;
	bool connected; /* the link was up at least that far */
};

/* What must be remembered of a request to read its answer. The texts are its maker's. */
struct s3_asked {
	enum s3_op op;
	char *key;                 /* NULL: of the bucket */
	char *prefix;              /* LIST*: with the remote's prefix */
	const char *remote_prefix; /* what is cut off keys */
	char *after, *token;       /* or NULL */
	uint32_t part_number;      /* LIST_PARTS: the marker */
	bool ranged;
	bool https;
};

/* Ours: the code of a good status whose body or headers are not what they must be. */
#define S3_CODE_MALFORMED "MalformedAnswer"

enum { S3_RESULT_WORDS_MAX = 400 };

/*
 * Fills in everything but credential_generation and skew_learned. `words` holds the parser's
 * message. Borrows from `answer`; release with s3_result_release.
 */
void s3_result_read(struct s3_result *result, const struct s3_asked *asked,
                    const struct http_answer *answer, char words[S3_RESULT_WORDS_MAX]);
void s3_result_release(struct s3_result *result);

#endif
