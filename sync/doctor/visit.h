/*
 * visit: one request as a container client sends it, or several side by side: without credentials,
 * for the types that clients accept, following redirects.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_VISIT_H
#define DRYDOCK_SYNC_DOCTOR_VISIT_H

#include "base/http/transport.h"

enum {
	VISIT_BODY_MAX = 4 << 20,
	VISIT_URL_MAX = 4096,
	VISIT_MESSAGE_MAX = 200,
	VISITS_AT_ONCE = 8,
};

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
 * `path` is what follows the base; `header` one more "Name: value", borrowed, or NULL. -1:
 * ERR_INTERRUPTED or no memory; no answer is a visit with a failure. Release it in any case.
 */
int visit(struct visitor *visitor, enum http_method method, const char *path, const char *header,
          struct visit *out, struct err *err) MUST_CHECK;
void visit_release(struct visit *v);

/*
 * A GET of each path, VISITS_AT_ONCE at a time. `look` gets the answers in the order of the paths;
 * it may make visits of its own, and ends all by -1.
 */
typedef int visit_look_fn(void *context, const char *path, const struct visit *v, struct err *err);
int visit_many(struct visitor *visitor, const char *const *paths, size_t count, visit_look_fn *look,
               void *context, struct err *err) MUST_CHECK;

/* Why there is no good answer: "403", or the failure's words. Returns `text`. */
const char *visit_why(const struct visit *v, char text[VISIT_MESSAGE_MAX]);
/* A header's value, "" when there is none. */
const char *visit_header(const struct visit *v, const char *name);

#endif
