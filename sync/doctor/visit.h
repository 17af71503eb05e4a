/*
 * visit: one request as a container client sends it: without credentials, for the types that
 * clients accept, following redirects.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_VISIT_H
#define DRYDOCK_SYNC_DOCTOR_VISIT_H

#include "base/http/transport.h"

enum { VISIT_BODY_MAX = 4 << 20, VISIT_URL_MAX = 4096, VISIT_MESSAGE_MAX = 200 };

struct visitor {
	struct transport *transport; /* owned */
	struct str base;             /* owned: what stands before "v2/…" */
	unsigned redirects;          /* that were followed so far */
	bool downgraded;             /* one of them from https to http */
};

struct visit {
	enum http_failure failure;
	int status;
	char message[VISIT_MESSAGE_MAX]; /* without an answer: why; "" */
	struct str headers, body;        /* owned; http_headers_get reads the headers */
};

struct visitor_settings {
	const char *base;      /* http[s]://HOST[:PORT]/…/, borrowed */
	const char *ca_bundle; /* a path, borrowed; NULL: the system's */
	int64_t timeout_ms;    /* 0: the transport's own */
};

int visitor_open(struct visitor *visitor, const struct visitor_settings *settings,
                 struct err *err) MUST_CHECK;
void visitor_close(struct visitor *visitor);

/*
 * `path` is what follows the base; `range` the value of a Range header, or NULL. -1:
 * ERR_INTERRUPTED or no memory; no answer is a visit with a failure. Release it in any case.
 */
int visit(struct visitor *visitor, enum http_method method, const char *path, const char *range,
          struct visit *out, struct err *err) MUST_CHECK;
void visit_release(struct visit *v);

/* Why there is no good answer: "403", or the failure's words. Returns `text`. */
const char *visit_why(const struct visit *v, char text[VISIT_MESSAGE_MAX]);
/* A header's value, "" when there is none. */
const char *visit_header(const struct visit *v, const char *name);

#endif
