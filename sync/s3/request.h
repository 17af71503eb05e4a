/*
 * request: what may be asked of S3, as plain values. wire makes an HTTP request of it, client signs
 * and sends that.
 *
 * Keys are without the remote's prefix, in requests and in results.
 */
#ifndef DRYDOCK_SYNC_S3_REQUEST_H
#define DRYDOCK_SYNC_S3_REQUEST_H

#include "base/event.h"
#include "base/http/transport.h"

/* With what the result holds then. */
enum s3_op {
	S3_LIST,          /* ListObjectsV2 -> page */
	S3_HEAD,          /* HeadObject -> head */
	S3_HEAD_BUCKET,   /* HeadBucket -> region */
	S3_GET,           /* GetObject -> head, body */
	S3_PUT,           /* PutObject -> head.etag */
	S3_DELETE,        /* DeleteObject; a missing key is success, as in S3 */
	S3_COPY,          /* CopyObject -> receipt */
	S3_CREATE_UPLOAD, /* CreateMultipartUpload -> receipt.upload_id */
	S3_PUT_PART,      /* UploadPart -> head.etag */
	S3_COPY_PART,     /* UploadPartCopy -> receipt */
	S3_COMPLETE,      /* CompleteMultipartUpload -> receipt */
	S3_ABORT,         /* AbortMultipartUpload */
	S3_LIST_PARTS,    /* ListParts -> parts */
	S3_LIST_UPLOADS,  /* ListMultipartUploads -> uploads */
};
enum { S3_OPS = S3_LIST_UPLOADS + 1 };

const char *s3_op_name(enum s3_op op); /* "ListObjectsV2" */
enum http_method s3_op_method(enum s3_op op);
enum request_kind s3_op_kind(enum s3_op op); /* for counting */
const char *s3_op_permission(enum s3_op op); /* what the key's policy must allow, for people */
bool s3_op_of_bucket(enum s3_op op);         /* LIST, LIST_UPLOADS, HEAD_BUCKET: there is no key */

/* A header of ours, x-amz-meta-NAME. Borrowed during s3_send. */
struct s3_meta {
	const char *name; /* without "x-amz-meta-" */
	const char *value;
};

/*
 * What PUT, COPY (with replace_metadata) and CREATE_UPLOAD write beside the bytes. NULL: not sent.
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
 * `body` points to, which must live until done or cancel.
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
	size_t body_max_bytes; /* GET: of result.body; 0: 4 MiB */

	bool anonymous;        /* send this one unsigned; false */
	bool fresh_connection; /* this is a retry: new connection, new DNS lookup */
};

#endif
