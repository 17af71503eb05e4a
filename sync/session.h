/*
 * session: one bucket, ready to be spoken to: where it is, who we are, and the transport.
 *
 *     struct session session = SESSION_INIT;
 *     if (session_open(&session, options, err) < 0) …
 *     s3_send(session.s3, …);
 *     session_close(&session);
 *
 * Opening sends nothing.
 */
#ifndef DRYDOCK_SYNC_SESSION_H
#define DRYDOCK_SYNC_SESSION_H

#include "sync/http.h"
#include "sync/s3.h"
#include "sync/sync.h"

enum { SESSION_LOCK_NAME_MAX = 100 };

struct session {
	struct aws_config *config;       /* owned */
	struct credentials *credentials; /* owned */
	struct transport *transport;     /* owned */
	struct s3 *s3;                   /* owned */
	struct endpoint endpoint;        /* as configured; s3_endpoint() follows regions */
	struct str origin;               /* "https://host": names the remote in the state */
	/*
	 * For root_lock_named. Made of endpoint, bucket and prefix, like the remote's records: two
	 * names in a configuration for one bucket share the lock.
	 */
	char lock_name[SESSION_LOCK_NAME_MAX];
};

#define SESSION_INIT                                                                               \
	{                                                                                          \
		.config = NULL, .origin = STR_INIT(1024)                                           \
	}

int session_open(struct session *session, const struct sync_options *options,
                 struct err *err) MUST_CHECK;
void session_close(struct session *session);

#endif
