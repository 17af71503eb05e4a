/*
 * session: requests to one registry, sent until they are answered (R5): several at a time, with the
 * authorization that it wants, over whatever its redirects lead to, again after a pause when the
 * link is lost or the server is busy.
 *
 *     struct registry_session *s = registry_session_new(&options, &ref, sink, err);
 *     task.url = "/v2/org/app/manifests/v1"; task.repo = "org/app"; task.done = …;
 *     registry_submit(s, &task);
 *     registry_wait(s, is_over, context, err)        until the caller's is_over says so
 *     registry_session_free(s);
 *
 * task->done is called from registry_wait once per submission, and may submit again. A task belongs
 * to its owner and lives until done, or until registry_cancel_all.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_SESSION_H
#define DRYDOCK_STAGE_REGISTRY_SESSION_H

#include "base/event.h"
#include "base/http/give_up.h"
#include "base/http/transport.h"
#include "stage/registry/options.h"
#include "stage/registry/reference.h"

struct registry_session;
struct registry_scope;
struct registry_task;

/*
 * `answer` came: 2xx, or another status that no repetition will change (registry_task_refused says
 * what it means); or what a sink has refused (HTTP_FAILED_SINK). NULL: there will be none, `err`
 * tells why; the others go on.
 */
typedef void registry_done_fn(struct registry_task *task, const struct http_answer *answer,
                              const struct err *err);

struct registry_task {
	/* The owner's; what they point to lives until done. */
	enum http_method method;
	const char *url;       /* "/v2/…" of the registry, or absolute: another server's */
	const char *repo;      /* whose contents are asked for; NULL: nobody's */
	const char *accept;    /* NULL: anything */
	const char *form;      /* of HTTP_POST: application/x-www-form-urlencoded; NULL: no body */
	const char *header;    /* a secret, whole: "Authorization: …"; NULL: none. No repo then */
	const char *what;      /* for messages: "manifest v1 of org/app" */
	uint64_t from_bytes;   /* asks for what follows those; 0: all. May grow between attempts */
	struct http_sink sink; /* as http_request has it */
	size_t answer_max_bytes; /* as http_request has it */
	registry_done_fn *done;
	void *owner;

	/* The session's own. */
	struct registry_session *session;
	struct registry_task *next; /* in the queue or among those in flight */
	struct http_exchange *exchange;
	struct registry_scope *scope;
	struct str target;  /* owned: where a redirect led; "": url */
	unsigned redirects; /* in a row */
	unsigned attempts, answered, challenged, lost_target;
	uint64_t moved_bytes; /* of this attempt */
	int64_t due_ms;       /* monotonic */
	bool fresh_connection, queued;
};

/* `ref` says the host; copied. `options` and `sink` are borrowed. */
struct registry_session *registry_session_new(const struct registry_options *options,
                                              const struct registry_reference *ref,
                                              const struct event_sink *sink,
                                              struct err *err) MUST_CHECK;
void registry_session_free(struct registry_session *s); /* NULL is fine; cancels all */

/* Whether it is the session for that registry. */
bool registry_session_is_for(const struct registry_session *s,
                             const struct registry_reference *ref);
/* HOST[:PORT] as people write it. */
const char *registry_session_host(const struct registry_session *s);
const struct registry_options *registry_session_options(const struct registry_session *s);
const struct event_sink *registry_session_sink(const struct registry_session *s);
/* The URL that an answer's links are resolved against. */
int registry_session_url(const struct registry_session *s, const char *path, struct str *url,
                         struct err *err) MUST_CHECK;

void registry_submit(struct registry_session *s, struct registry_task *task);
/*
 * From done alone: `answer` ended before all was there, so the task goes out once more for what
 * follows from_bytes, after a pause that is short when this answer brought something.
 */
void registry_submit_rest(struct registry_task *task, const struct http_answer *answer);

/*
 * Until is_over(context) says 1. -1 when it says so, or when the run must end: ERR_INTERRUPTED,
 * ERR_TEMPORARY, ERR_MAX_DURATION, ERR_CONFIG; then all is cancelled.
 */
typedef int registry_over_fn(void *context, struct err *err); /* 1 over, 0 not yet, -1 */
int registry_wait(struct registry_session *s, registry_over_fn *is_over, void *context,
                  struct err *err) MUST_CHECK;
void registry_cancel_all(struct registry_session *s);

/* How many more could go out at once. */
unsigned registry_room(const struct registry_session *s);

/* The error that an answer other than 2xx is (refusal.h). Returns -1. */
int registry_task_refused(const struct registry_task *task, const struct http_answer *answer,
                          struct err *err);

#endif
