/*
 * session: one bucket, ready to be spoken to: where it is, with which keys, and the transport.
 *
 *     struct session session = SESSION_INIT;
 *     if (session_open(&session, options, err) < 0) …
 *     s3_send(session.s3, …);
 *     session_close(&session);
 *
 * Opening sends nothing.
 */
#ifndef DRYDOCK_SYNC_RUN_SESSION_H
#define DRYDOCK_SYNC_RUN_SESSION_H

#include "sync/run/options.h"
#include "sync/s3/client.h"

#include "base/event.h"
#include "base/http/curl.h"

enum { SESSION_LOCK_NAME_MAX = 100 };

struct session {
	struct aws_config *config;       /* owned */
	struct credentials *credentials; /* owned */
	struct transport *transport;     /* owned */
	struct s3 *s3;                   /* owned */
	struct endpoint endpoint;        /* as configured; s3_endpoint() follows regions */
	/*
	 * What endpoint.provider points to: the table's row, and what this run learns. Of a server
	 * that the table does not know, conditional writes are tried, and believed only so far:
	 * `conditions_certain` is false, and lists are looked at again after they are written.
	 */
	struct provider provider;
	bool conditions_certain;
	bool conditions_refused; /* this run has seen that the server has none: to be recorded */
	bool quotes_tried;       /* If-Match without quotes was refused where it holds */
	bool if_match_quoted;    /* … and with them it was not: to be recorded */
	struct str identity;     /* "https://host/path": names the remote in the state */
	/*
	 * For root_lock_named. Made of endpoint, bucket and prefix, like the remote's records: two
	 * names in a configuration for one bucket share the lock.
	 */
	char lock_name[SESSION_LOCK_NAME_MAX];
};

#define SESSION_INIT                                                                               \
	{                                                                                          \
		.config = NULL, .identity = STR_INIT(1024)                                         \
	}

int session_open(struct session *session, const struct sync_options *options,
                 struct err *err) MUST_CHECK;
void session_close(struct session *session);

/* Warns of files with secrets of this session's that every user of the machine can read. */
void session_warn_exposed(const struct session *session, const struct sync_options *options,
                          const struct event_sink *sink);

/*
 * A condition that holds was refused: the server reads If-Match otherwise, or not at all. The next
 * way is tried from now on.
 */
void session_doubt_conditions(struct session *session);
/* What an earlier run learned: the ETag of If-Match must have its quotes. */
void session_quote_conditions(struct session *session);
/* A write with If-Match succeeded. */
void session_condition_held(struct session *session);
/* The server has no conditions: none is sent from now on. */
void session_leave_conditions(struct session *session);

#endif
