/*
 * wire: an s3_request as it goes over the wire: method, URL, headers, body, signature. Pure:
 * clock and credentials are arguments.
 *
 *     struct s3_wire w;
 *     s3_wire_init(&w);
 *     s3_wire_build(&w, &endpoint, &request, err);
 *     s3_wire_sign(&w, &endpoint, credential, &signer, now_s, err);     or not, when anonymous
 *     s3_wire_finish(&w, &endpoint, err);
 *     …w.method, w.url, w.lines, w.body…
 *     s3_wire_release(&w);
 */
#ifndef DRYDOCK_SYNC_S3_WIRE_H
#define DRYDOCK_SYNC_S3_WIRE_H

#include "sync/credentials/credentials.h"
#include "sync/credentials/sigv4.h"
#include "sync/s3/endpoint.h"
#include "sync/s3/request.h"

enum {
	S3_WIRE_TEXTS_MAX = SIGV4_HEADERS_MAX * 2 + SIGV4_QUERY_MAX,
	/* 10,000 parts of about 220 bytes, and room for long ETags. */
	S3_COMPLETE_BODY_MAX = 4 << 20,
};

struct s3_wire {
	enum http_method method;
	struct str url;  /* owned */
	struct str path; /* owned; encoded */
	struct sigv4_pair query[SIGV4_QUERY_MAX];
	size_t query_count;
	struct sigv4_pair headers[SIGV4_HEADERS_MAX]; /* names in lower case */
	size_t header_count;
	const char *lines[SIGV4_HEADERS_MAX]; /* "name: value", after s3_wire_finish */
	size_t line_count;
	char payload[2 * SHA256_BYTES + 1]; /* x-amz-content-sha256 */
	struct http_body body;              /* the request's own, or of `document` */
	struct str document;                /* owned; the XML of a Complete */
	char *texts[S3_WIRE_TEXTS_MAX];     /* owned; what the pairs point to */
	size_t text_count;
	bool failed; /* out of memory or of room */
};

void s3_wire_init(struct s3_wire *w);
void s3_wire_release(struct s3_wire *w);

int s3_wire_build(struct s3_wire *w, const struct endpoint *endpoint,
                  const struct s3_request *request, struct err *err) MUST_CHECK;
int s3_wire_sign(struct s3_wire *w, const struct endpoint *endpoint,
                 const struct credential *credential, struct sigv4_signer *signer,
                 int64_t now_seconds, struct err *err) MUST_CHECK;
int s3_wire_finish(struct s3_wire *w, const struct endpoint *endpoint, struct err *err) MUST_CHECK;

#endif
