/*
 * dispatch: the queue before S3. It decides when each request goes out, sends it again when that
 * helps, and hands what only its owner can judge back to the owner.
 *
 *     dispatch_submit(d, &task);                 task->request, weight, done, owner are set
 *     dispatch_wait(d, is_over, context, err)    until the caller's is_over says so
 *
 * task->done is called from dispatch_step once per submission: when the request succeeded
 * (decision->action is RETRY_NONE), and when only the owner knows what to do about its failure
 * (REHASH, LOOK, RESTART, MERGE, FAIL_OBJECT). Everything else is dealt with here: retries with
 * their delays, a wrong clock, an expired token, a wrong region. The owner may submit the task, or
 * others, again from done; dispatch_again keeps the counts of failures, and so does dispatch_follow
 * where another request is the answer to the failure of one.
 *
 * How many requests are in flight: at most -j; of those with large bodies at most what pace.h
 * allows. While the link is down (F2) only one request at a time goes out, as a probe; when it is
 * answered, all that wait go at once.
 *
 * Small requests spend their time waiting for answers, and what prepares the next one takes a part
 * of it. So a few may be submitted ahead of their time: each takes the place of a light one at the
 * moment that this is answered, and no other place.
 *
 * A task belongs to its owner and must live until done, or until dispatch_cancel_all.
 */
#ifndef DRYDOCK_SYNC_DISPATCH_DISPATCH_H
#define DRYDOCK_SYNC_DISPATCH_DISPATCH_H

#include "base/http/give_up.h"
#include "base/http/link_health.h"
#include "sync/dispatch/news.h"
#include "sync/dispatch/pace.h"
#include "sync/dispatch/task.h"
#include "sync/s3/server_clock.h"

#include "base/event.h"

struct s3;

struct dispatch_settings {
	unsigned transfers;         /* -j: requests in flight, at least 1 */
	int64_t retry_max_delay_ms; /* 0: the default of retry.h */
	struct patience patience;
	const struct event_sink *sink; /* borrowed */
};

struct dispatch {
	struct dispatch_settings settings;
	struct s3 *s3; /* borrowed */
	struct pace pace;
	struct task_lists tasks;
	bool draining; /* nothing new goes out */

	struct give_up give_up;
	int64_t looked_at_ms; /* when it was last looked what moves, monotonic */
	struct link_health link;
	struct link_news news;

	uint64_t body_bytes; /* of objects and parts that the server took, retries included */
	bool cuts;           /* a large body was cut in this run */
	uint64_t retries;    /* requests that went again */
	struct server_clock clock;

	bool want_region;          /* nothing else goes out before it is known */
	struct task region;        /* asks for it */
	unsigned want_credentials; /* generation that expired; 0: none */
	struct err fatal;          /* ends the run */
};

void dispatch_init(struct dispatch *d, struct s3 *s3, const struct dispatch_settings *settings);

void dispatch_submit(struct dispatch *d, struct task *task);
void dispatch_again(struct dispatch *d, struct task *task);
/* `task` has a new request, and waits for it as its last one's decision says. */
void dispatch_follow(struct dispatch *d, struct task *task, const struct retry_decision *after);

/* How many more tasks of this weight could go out at once. */
unsigned dispatch_room(const struct dispatch *d, enum task_weight weight);
/* How many more may be submitted ahead. */
unsigned dispatch_room_ahead(const struct dispatch *d);
bool dispatch_idle(const struct dispatch *d);

/*
 * Sends what may go and waits for answers, a fifth of a second at most, and not at all when nothing
 * is queued or flying. -1 when the run must end: ERR_INTERRUPTED, ERR_TEMPORARY, ERR_MAX_DURATION,
 * a decision FAIL_RUN, or what dispatch_fail was told.
 */
int dispatch_step(struct dispatch *d, struct err *err) MUST_CHECK;
/*
 * Steps until is_over(context) says so. When a step fails, everything is cancelled, so that no
 * answer comes back to an owner that is gone; what is_over failed with leaves the rest under way.
 */
typedef int dispatch_over_fn(void *context, struct err *err); /* 1 over, 0 not yet, -1 */
int dispatch_wait(struct dispatch *d, dispatch_over_fn *is_over, void *context,
                  struct err *err) MUST_CHECK;
/* For done functions, which cannot return an error: the next step fails with it. */
void dispatch_fail(struct dispatch *d, const struct err *err);

/*
 * Lets what waits for its answer end for at most `grace_ms`, and those bodies that will be there
 * within `bodies_ms` at the speed they have; sends nothing new, then drops everything.
 */
void dispatch_drain(struct dispatch *d, int64_t grace_ms, int64_t bodies_ms);
void dispatch_cancel_all(struct dispatch *d);

/* Body bytes of what is flying, of one key or (NULL) of all, that have reached the peer. */
uint64_t dispatch_flying_bytes(const struct dispatch *d, const char *key);

/* The server's clock: server_clock_now. */
int64_t dispatch_server_now(const struct dispatch *d);

/* The error for a result that ends with this decision. Returns -1. */
int dispatch_error(const struct dispatch *d, const struct s3_result *result,
                   const struct retry_decision *decision, struct err *err);

#endif
