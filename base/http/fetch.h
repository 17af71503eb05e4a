/*
 * fetch: one request, waited for, over a transport of its own. For the services that hand out
 * credentials; requests to S3 go through sync/s3.
 */
#ifndef DRYDOCK_BASE_HTTP_FETCH_H
#define DRYDOCK_BASE_HTTP_FETCH_H

#include "base/http/curl.h"

struct http_fetch {
	enum http_method method;
	const char *url;            /* absolute */
	const char *const *headers; /* "Name: value" */
	size_t header_count;
	const char *body;      /* or NULL */
	int64_t timeout_ms;    /* for the connection and for the answer, each */
	bool no_proxy;         /* whatever HTTP_PROXY says */
	const char *ca_bundle; /* file of PEM certificates, or NULL: the system's */
};

/*
 * The HTTP status with the answer's body appended to `out` (at most out->max bytes), or -1 with
 * ERR_TEMPORARY when there was no answer. Messages hold no header and no body.
 */
int http_fetch(const struct http_fetch *fetch, struct str *out, struct err *err) MUST_CHECK;

#endif
