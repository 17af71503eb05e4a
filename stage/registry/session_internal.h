/*
 * session_internal: what the files of a session share: session (its life, the queue, waiting),
 * session_send (what goes out, tokens before it) and session_answer (what an answer means).
 */
#ifndef DRYDOCK_STAGE_REGISTRY_SESSION_INTERNAL_H
#define DRYDOCK_STAGE_REGISTRY_SESSION_INTERNAL_H

#include "base/http/link_health.h"
#include "stage/registry/authorize.h"
#include "stage/registry/certs.h"
#include "stage/registry/session.h"

struct token_task {
	struct registry_task task;
	struct registry_token_request request; /* owned */
	struct registry_scope *scope;          /* borrowed; NULL: none is asked for */
};

struct registry_session {
	const struct registry_options *options; /* borrowed */
	const struct event_sink *sink;          /* borrowed */
	struct registry_reference ref;
	char host[REGISTRY_HOST_MAX + 1]; /* as people write it */
	char api[REGISTRY_HOST_MAX + 1];  /* as it is connected to */
	bool https, scheme_known;
	struct registry_certs certs; /* owned */
	struct transport *transport; /* owned */
	struct registry_auth auth;
	struct registry_task *queue, *flying;
	unsigned flying_count;
	struct link_health link;
	struct give_up give_up;
	struct registry_task ping;
	struct token_task token; /* one at a time */
	struct err fatal;
};

/* At the end of the queue; not before due_ms, monotonic. */
void session_enqueue(struct registry_session *s, struct registry_task *task, int64_t due_ms);
void session_unlink(struct registry_task **list, struct registry_task *task);
/* Calls done. The task may be gone afterwards. */
void session_end_task(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err);
/* No request of this run will do better: registry_wait ends with it. The first one stands. */
void session_end_run(struct registry_session *s, const struct err *err);

/* registry_submit_rest. */
void session_ask_rest(struct registry_task *task, const struct http_answer *answer);

/* The registry speaks, be it in an answer that takes hours: what waited for the link may go. */
void session_link_is_there(struct registry_session *s, int64_t monotonic_now_ms);

/* Sends what may go. */
int session_send_due(struct registry_session *s, struct err *err) MUST_CHECK;
/* http_done_fn of each request; `context` is the task. */
void session_on_answer(void *context, const struct http_answer *answer);

#endif
