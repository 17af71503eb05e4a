/*
 * client: the operations of S3 that drydock uses, each one signed HTTP request and one checked
 * answer.
 *
 *     struct s3 *s3 = s3_new(&settings, transport, err);
 *     s3_send(s3, &(struct s3_request){.op = S3_HEAD, .key = key}, done, context, &call, err);
 *     s3_poll(s3, 1000, err);                        calls done(context, &result)
 *     s3_free(s3);
 *
 * No queue, no retry, no limit here: the engine keeps its own queue, calls s3_send when a request
 * may go, asks retry_decide what a failed result means and sends again. The request is signed
 * within s3_send, with the clock offset, the region and the credentials known at that moment.
 *
 * Keys are without the remote's prefix in requests and in answers.
 *
 * One thread owns it, the one that owns the transport.
 */
#ifndef DRYDOCK_SYNC_S3_CLIENT_H
#define DRYDOCK_SYNC_S3_CLIENT_H

#include "base/http/transport.h"
#include "sync/credentials/credentials.h"
#include "sync/s3/endpoint.h"
#include "sync/s3/objects_page.h"
#include "sync/s3/receipt.h"
#include "sync/s3/uploads_page.h"

#include "base/event.h"
#include "base/hash.h"

enum s3_op {
	S3_LIST,          /* ListObjectsV2 -> page */
	S3_HEAD,          /* HeadObject -> object */
	S3_HEAD_BUCKET,   /* HeadBucket -> region */
	S3_GET,           /* GetObject -> object, body */
	S3_PUT,           /* PutObject -> object.etag */
	S3_DELETE,        /* DeleteObject; a missing key is success, as in S3 */
	S3_COPY,          /* CopyObject -> receipt */
	S3_CREATE_UPLOAD, /* CreateMultipartUpload -> receipt.upload_id */
	S3_PUT_PART,      /* UploadPart -> object.etag */
	S3_COPY_PART,     /* UploadPartCopy -> receipt */
	S3_COMPLETE,      /* CompleteMultipartUpload -> receipt */
	S3_ABORT,         /* AbortMultipartUpload */
	S3_LIST_PARTS,    /* ListParts -> parts */
	S3_LIST_UPLOADS,  /* ListMultipartUploads -> uploads */
};
enum { S3_OPS = S3_LIST_UPLOADS + 1 };

const char *s3_op_name(enum s3_op op);       /* "ListObjectsV2" */
const char *s3_op_method(enum s3_op op);     /* "GET" */
enum request_kind s3_op_kind(enum s3_op op); /* for counting */

/* A header of ours, x-amz-meta-NAME. Borrowed during s3_send. */
struct s3_meta {
	const char *name; /* without "x-amz-meta-" */
	const char *value;
};

/*
 * What PUT, COPY (with `replace`) and CREATE_UPLOAD write beside the bytes. NULL: not sent.
 * Borrowed during s3_send.
 */
struct s3_attributes {
	const char *content_type;
	const char *cache_control;
	const char *acl; /* --acl */
	const char *sse; /* --sse: "AES256" or "aws:kms" */
	const char *sse_kms_key_id;
	const char *storage_class;
	const struct s3_meta *meta;
	size_t meta_count;
};

struct s3_complete_part {
	uint32_t number;
	const char *etag; /* without quotes */
};

/*
 * A request. Unused fields stay zero. Everything is borrowed during s3_send only, except what
 * `body` points to and `context`, which must live until done or cancel.
 */
struct s3_request {
	enum s3_op op;
	const char *key; /* NULL for LIST, LIST_UPLOADS, HEAD_BUCKET */

	/* LIST, LIST_UPLOADS: keys that begin with this (the remote's prefix is put before it). */
	const char *prefix; /* NULL: all */
	/*
	 * LIST: the last key seen, or NULL. Sent as start-after when there is no token; with or
	 * without one, every key of the page must be greater. LIST_UPLOADS: key-marker.
	 */
	const char *after;
	const char *token; /* LIST: next_token of the page before; LIST_UPLOADS: upload-id-marker */
	uint32_t max_keys; /* LIST*, LIST_PARTS: 0 is the server's default of 1,000 */

	/* PUT, PUT_PART. */
	struct http_body body;
	const uint8_t *sha256; /* SHA256_BYTES of the body, or NULL: UNSIGNED-PAYLOAD (https) */
	const uint8_t *md5;    /* MD5_BYTES of the body; sent as Content-MD5 */
	struct s3_attributes attributes; /* PUT, CREATE_UPLOAD, COPY */
	const char *if_match; /* PUT, COPY: an ETag without quotes; quoted as the provider wants */
	bool if_none_match;   /* PUT: only when the key is not there */

	/* Multipart. */
	const char *upload_id;
	uint32_t part_number; /* PUT_PART, COPY_PART; LIST_PARTS: the marker, parts after it */
	const struct s3_complete_part *parts; /* COMPLETE */
	size_t part_count;

	/* COPY, COPY_PART. */
	const char *copy_from;     /* key in the same bucket, without the prefix */
	const char *copy_if_match; /* ETag the source must have, or NULL */
	bool replace_metadata;     /* COPY: write `attributes` in place of the source's */

	/* GET; COPY_PART's source range. length 0: the whole object. */
	uint64_t range_offset_bytes;
	uint64_t range_length_bytes;
	http_sink_fn *sink; /* GET: takes the body; NULL: result.body, at most body_max */
	void *sink_context;
	size_t body_max_bytes; /* 0: 4 MiB */

	bool anonymous;        /* send this one unsigned (doctor) */
	bool fresh_connection; /* this is a retry: new connection, new DNS lookup */
	/*
	 * PUT, PUT_PART: ask first (100-continue). A server that refuses a body often resets the
	 * connection while it is being sent, and its words are lost; asking first gets them. Only
	 * after several lost connections, since some servers never answer the question.
	 */
	bool expect_continue;
};

/* The headers of HEAD, GET, PUT, PUT_PART. Borrowed; "" when absent. */
struct s3_head {
	char etag[ETAG_MAX + 1]; /* without quotes; "" when absent or too long */
	uint64_t size_bytes;     /* Content-Length; of HEAD the object's size */
	bool has_size;
	const char *content_type;
	const char *cache_control;
	const char *sse;         /* x-amz-server-side-encryption */
	bool sse_customer;       /* SSE-C: the ETag is opaque */
	const char *meta_token;  /* x-amz-meta-drydock-token */
	const char *meta_sha256; /* x-amz-meta-drydock-sha256 */
	const char *meta_digest; /* x-amz-meta-docker-content-digest */
	int64_t modified_at_ms;  /* -1 when absent */
};

/* Valid during the call of done, except what is taken out with STEAL. */
struct s3_result {
	enum s3_op op;
	const char *key;           /* as requested; "" if none */
	bool ok;                   /* answered, 2xx, and the answer is what it must be */
	enum http_failure failure; /* transport */
	int curl_code;
	int status; /* HTTP; 0: none */
	/*
	 * Set when !ok: the server's <Error>; for a bad body of a good status code is
	 * "MalformedAnswer" (ours). HEAD has no body: the code is then made from the status
	 * ("NoSuchKey" for 404, "AccessDenied" for 403, "PreconditionFailed" for 412, …).
	 */
	struct s3_fault fault;
	const char *message; /* transport's or parser's own words; "" if none */

	struct s3_head head;
	struct s3_receipt receipt;
	struct s3_page *page;       /* owned by the result; STEAL to keep */
	struct s3_parts *parts;     /* owned by the result; STEAL to keep */
	struct s3_uploads *uploads; /* owned by the result; STEAL to keep */
	const struct str *body;     /* GET without a sink, and error bodies; borrowed */

	int64_t retry_after_ms;         /* Retry-After or x-amz-retry-after; -1 if none */
	int64_t server_date_ms;         /* Date; -1 if none */
	const char *region;             /* x-amz-bucket-region or <Region>; "" if none; borrowed */
	const char *request_id;         /* borrowed; "" if none */
	unsigned credential_generation; /* that signed it; 0: anonymous */
	bool skew_learned;   /* this answer moved the clock offset: signing again may help */
	uint64_t sent_bytes; /* body bytes that went out */
	uint64_t acknowledged_bytes; /* of those, what the server has taken at least */
	uint64_t received_bytes;
	int64_t duration_ms;
	bool connected; /* the link was up at least that far */
};

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
unsigned s3_in_flight(const struct s3 *s3);

/*
 * For commands that do one thing after the other: sends and waits for the result, which keep()
 * sees as done would. No retry. ERR_INTERRUPTED when a signal came.
 */
int s3_call_sync(struct s3 *s3, const struct s3_request *request, s3_done_fn *keep, void *context,
                 struct err *err) MUST_CHECK;

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
