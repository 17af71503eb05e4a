/*
 * server: a root as a read-only registry over HTTP, by libmicrohttpd: threads that each wait for
 * many connections, files sent by the kernel.
 *
 *     struct serve_options o = {.listen = LISTEN_DEFAULT, .max_connections = SERVE_CONNECTIONS};
 *     serve_run(&root, &o, &sink, err)          returns when a signal asks to stop
 *
 * The root is opened with ROOT_READ: no lock is taken, and staging goes on beside it.
 */
#ifndef DRYDOCK_STAGE_SERVE_SERVER_H
#define DRYDOCK_STAGE_SERVE_SERVER_H

#include "base/event.h"
#include "db/root/root.h"
#include "stage/serve/listen.h"

enum {
	SERVE_CONNECTIONS = 1000,
	SERVE_CONNECTIONS_MAX = 100000,
};

/* One request that is over. All text is borrowed for the call. */
struct serve_access {
	const char *client; /* its address; "-": unknown */
	const char *user;   /* that had a right password; "-": none */
	const char *method;
	const char *target;  /* as it was sent: anything may stand in it */
	const char *version; /* "HTTP/1.1" */
	unsigned status;
	uint64_t bytes;  /* of the answer's body */
	bool cut;        /* the client went, or was too slow, before it had them all */
	int64_t at;      /* seconds since 1970, UTC: when it came */
	int64_t took_ms; /* until its answer was sent */
};

struct serve_options {
	const char *listen;       /* borrowed; HOST:PORT */
	unsigned max_connections; /* more wait until one ends */
	const char *tls_cert;     /* borrowed; paths of both, or NULL of both: no TLS */
	const char *tls_key;
	const char *htpasswd; /* borrowed; path of who may pull, or NULL: everybody */
	/* Called by any thread, and by one at a time. NULL: nothing is told. */
	void (*access)(void *context, const struct serve_access *access);
	/* Called once a second and at the end, not while `access` is. NULL: nothing. */
	void (*tick)(void *context);
	/* Called when clients can come, with "http://127.0.0.1:5000" (https:// with TLS). */
	void (*ready)(void *context, const char *url);
	void *context; /* borrowed; of all three */
};

/*
 * 0 when a signal has ended it: what was being sent had some seconds to be finished. ERR_USAGE for
 * an address that cannot be understood, ERR_CONFIG for a file that cannot be used; the files are
 * read before the first client comes, and not again.
 */
int serve_run(const struct root *root, const struct serve_options *options,
              const struct event_sink *sink, struct err *err) MUST_CHECK;

#endif
