#include "sync/dispatch/dispatch.h"

#include "sync/dispatch/movement.h"
#include "sync/dispatch/spread.h"
#include "sync/s3/client.h"
#include "sync/s3/error.h"

#include "base/hash.h"
#include "base/layout.h"
#include "base/stop.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	WAIT_MS = 200, /* at most: the limits of the run and its progress are looked at */
	DRAIN_LOOK_MS = 100,
	SPREAD_LOOK_MS = 5,
	/* A bad link loses a part many times; one that lost it so often will never carry it. */
	RESENT_MAX = 64,
};

void dispatch_init(struct dispatch *d, struct s3 *s3, const struct dispatch_settings *settings)
{
	memset(d, 0, sizeof(*d));
	d->settings = *settings;
	d->s3 = s3;
	d->link.alive_at_ms = monotonic_ms();
	d->give_up = give_up_begin(&settings->patience, d->link.alive_at_ms);
	pace_init(&d->pace, settings->transfers, d->link.alive_at_ms);
}

/* ---- the queue */

void dispatch_again(struct dispatch *d, struct task *task)
{
	task->dispatch = d;
	task->due_ms = 0;
	task_lists_add(&d->tasks, task, TASK_QUEUED);
}

void dispatch_submit(struct dispatch *d, struct task *task)
{
	task->attempts = task->answered = task->lost = 0;
	task_renew(task);
	dispatch_again(d, task);
}

void dispatch_follow(struct dispatch *d, struct task *task, const struct retry_decision *after)
{
	task_renew(task);
	task->request.fresh_connection = after->fresh_connection;
	dispatch_again(d, task);
	task->due_ms = monotonic_ms() + after->delay_ms;
}

unsigned dispatch_room(const struct dispatch *d, enum task_weight weight)
{
	const struct task_lists *t = &d->tasks;
	unsigned heavy = t->flying_heavy + t->queued_heavy;
	unsigned all = heavy + t->flying_light + t->queued_light;
	unsigned room = all < d->settings.transfers ? d->settings.transfers - all : 0;

	if (weight == TASK_HEAVY) {
		unsigned most = pace_in_flight(&d->pace);
		unsigned paced = heavy < most ? most - heavy : 0;

		return paced < room ? paced : room;
	}
	return room;
}

unsigned dispatch_room_ahead(const struct dispatch *d)
{
	return d->tasks.queued_ahead < TASKS_AHEAD_MAX ? TASKS_AHEAD_MAX - d->tasks.queued_ahead
	                                               : 0;
}

bool dispatch_idle(const struct dispatch *d)
{
	return !d->tasks.queue && !d->tasks.flying;
}

void dispatch_fail(struct dispatch *d, const struct err *err)
{
	if (d->fatal.code == ERR_NONE || err_worse(d->fatal.code, err->code) == err->code)
		d->fatal = *err;
}

int dispatch_error(const struct dispatch *d, const struct s3_result *result,
                   const struct retry_decision *decision, struct err *err)
{
	return s3_error(result, s3_endpoint(d->s3), decision->code, err);
}

/* ---- sending */

static void on_result(void *context, struct s3_result *result);

static struct task *next_task(struct dispatch *d, int64_t now)
{
	bool room = d->tasks.flying_light + d->tasks.flying_heavy < d->settings.transfers;
	unsigned heavy_max = pace_in_flight(&d->pace), fresh_max = heavy_max;
	enum spread spread = SPREAD_ANY;

	if (d->want_region)
		return d->region.state == TASK_QUEUED && d->region.due_ms <= now ? &d->region
		                                                                 : NULL;
	if (!room || (d->link.down && d->tasks.flying))
		return NULL;
	if (d->tasks.queued_heavy > 0)
		spread = spread_bodies(&d->pace, task_lists_last_heavy(&d->tasks), d->s3, now);
	switch (spread) {
	case SPREAD_ANY:
		break;
	case SPREAD_LOST:
		fresh_max = 0;
		break;
	case SPREAD_NONE:
		heavy_max = fresh_max = 0;
		break;
	}
	return task_lists_next(&d->tasks, now, heavy_max, fresh_max);
}

static bool is_question(enum s3_op op)
{
	enum request_kind kind = s3_op_kind(op);

	return kind == REQUEST_LIST || kind == REQUEST_HEAD || kind == REQUEST_GET;
}

static int send_due(struct dispatch *d, struct err *err)
{
	struct task *task;

	while ((task = next_task(d, monotonic_ms()))) {
		task_lists_remove(&d->tasks, task);
		task->sent_ms = task->seen_ms = monotonic_ms();
		task->seen_bytes = 0;
		task->ahead = false; /* it had its turn: a retry waits for no place to be free */
		/*
		 * Bytes that go again are progress, too, as a large part may take longer than the
		 * patience of a run. But not for ever, nor a few that each attempt begins with.
		 */
		if (task->moved_bytes >= LINK_MOVED_BYTES && task->lost < RESENT_MAX)
			task->moved_bytes = 0;
		if (s3_send(d->s3, &task->request, on_result, task, &task->call, err) < 0)
			return -1;
		task->changes_sent = task->changes_sent || !is_question(task->request.op);
		task_lists_add(&d->tasks, task, TASK_FLYING);
	}
	return 0;
}

/* ---- results */

int64_t dispatch_server_now(const struct dispatch *d)
{
	return server_clock_now(&d->clock, monotonic_ms(), now_ms());
}

static void note_answer(struct dispatch *d, const struct retry_decision *decision)
{
	int64_t now = monotonic_ms();

	give_up_answered(&d->give_up, decision->action == RETRY_SEND, now);
	if (!link_health_answered(&d->link, now))
		return;
	for (struct task *t = d->tasks.queue; t; t = t->next)
		t->due_ms = 0; /* they waited for the link, not for themselves */
}

static bool had_moved(const struct s3_result *result)
{
	return link_had_moved(result->failure, result->sent_bytes);
}

static struct retry_decision decide_retry(struct dispatch *d, struct task *task,
                                          const struct s3_result *result)
{
	struct retry_facts facts = retry_facts_of(result);
	struct err ignored;

	task_count_failure(task, result, had_moved(result));
	facts.conditional = task->request.if_match || task->request.if_none_match;
	facts.attempts = task->attempts;
	facts.answered = task->answered;
	facts.refreshed = task->refreshed;
	facts.redirected = task->redirected;
	facts.signed_again = task->signed_again;
	facts.delay_max_ms = d->settings.retry_max_delay_ms;
	facts.silent_ms = monotonic_ms() - d->link.alive_at_ms;
	if (random_bytes(&facts.random, sizeof(facts.random), &ignored) < 0)
		facts.random = (uint64_t)monotonic_ms() * 0x9E3779B97F4A7C15u;
	return retry_decide(&facts);
}

/* The request reached the server, which may have carried it out before it failed to say so. */
static bool may_be_done(const struct s3_result *result, const struct retry_decision *decision)
{
	if (decision->link_down)
		return result->connected;
	return result->status >= 500 && !decision->throttled;
}

/* The link has shown that it carries something, and that a body may be too large for it. */
static bool was_cut(const struct task *task, const struct s3_result *result)
{
	return result->failure != HTTP_OK && result->sent_bytes >= LINK_MOVED_BYTES &&
	       result->sent_bytes < task->request.body.length_bytes;
}

/* Others in flight may have been told before, and it is followed already. */
static bool follow_region(struct dispatch *d, const struct s3_result *result)
{
	return s3_follow_region(d->s3, result->region) ||
	       (result->region[0] && strcmp(result->region, s3_endpoint(d->s3)->region) == 0);
}

static void on_region(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct dispatch *d = task->owner;
	struct err err = ERR_INIT;

	(void)decision;
	d->want_region = !follow_region(d, result);
	if (!d->want_region)
		return;
	(void)err_set(&err, ERR_CONFIG,
	              "%s; it does not name a region for the bucket either: give it with --region",
	              d->give_up.last.message);
	dispatch_fail(d, &err);
}

/* True when the task is queued again, so that the owner need not know. */
static bool retry_here(struct dispatch *d, struct task *task, const struct s3_result *result,
                       const struct retry_decision *decision)
{
	switch (decision->action) {
	case RETRY_SEND:
		if ((task->return_lost && may_be_done(result, decision)) ||
		    (task->return_cut && was_cut(task, result)))
			return false;
		break;
	case RETRY_SIGN:
		task->signed_again = true;
		break;
	case RETRY_REFRESH:
		task->refreshed = true;
		d->want_credentials = result->credential_generation;
		break;
	case RETRY_REGION:
		task->redirected = true;
		d->want_region = d->want_region || !follow_region(d, result);
		break;
	default:
		return false;
	}
	d->retries++;
	news_retry(d->settings.sink, task, result, decision->delay_ms);
	task->request.fresh_connection = decision->fresh_connection;
	task->due_ms = monotonic_ms() + decision->delay_ms;
	task_lists_add(&d->tasks, task, TASK_QUEUED);
	return true;
}

/* What a buffer here took from a body is nothing that went over the link. */
static void count_bytes(struct dispatch *d, enum s3_op op, uint64_t acknowledged_bytes)
{
	if (op == S3_PUT || op == S3_PUT_PART)
		d->body_bytes += acknowledged_bytes;
}

/* What the failure of a request says about the link. */
static void note_lost(struct dispatch *d, const struct task *task, const struct s3_result *result,
                      int64_t now)
{
	bool was_down = d->link.down;

	link_health_lost(&d->link, had_moved(result), result->connected,
	                 d->tasks.flying_light + d->tasks.flying_heavy, now);
	if (task->weight == TASK_HEAVY && was_cut(task, result))
		d->cuts = true;
	if (task->weight == TASK_HEAVY)
		pace_hurt(&d->pace, now);
	if (d->link.down && !was_down)
		pace_outage(&d->pace, now);
}

/* Bookkeeping is left for when the next request is on its way. */
static void fill_gap(struct dispatch *d)
{
	struct err err = ERR_INIT;

	if (d->tasks.queued_ahead == 0 || d->draining || d->fatal.code != ERR_NONE ||
	    d->want_region || d->want_credentials || stop_requested())
		return;
	if (send_due(d, &err) < 0)
		dispatch_fail(d, &err);
}

static void on_result(void *context, struct s3_result *result)
{
	struct task *task = context;
	struct dispatch *d = task->dispatch;
	struct retry_decision decision = {.action = RETRY_NONE};
	bool was_light = task->weight == TASK_LIGHT;
	int64_t now = monotonic_ms();

	task_lists_remove(&d->tasks, task);
	task->call = NULL;
	count_bytes(d, result->op, result->acknowledged_bytes);
	movement_note(&d->give_up, task, result->acknowledged_bytes + result->received_bytes, now);
	news_request(d->settings.sink, result);
	if (result->ok)
		server_clock_learn(&d->clock, result->server_date_ms, now);
	if (!result->ok)
		decision = decide_retry(d, task, result);
	if (decision.link_down)
		note_lost(d, task, result, now);
	else
		note_answer(d, &decision);
	if (decision.throttled) {
		pace_hurt(&d->pace, now);
		link_news_pause(&d->news, now + decision.delay_ms);
	}
	if (result->ok && task->weight == TASK_HEAVY)
		pace_body_done(&d->pace, result->sent_bytes, now - task->sent_ms, now);
	/* Whatever else it says: it is asked for the region alone. */
	if (task == &d->region && result->status > 0 && decision.action != RETRY_SEND) {
		on_region(task, result, &decision);
		return;
	}
	if (decision.action == RETRY_FAIL_RUN) {
		struct err err = ERR_INIT;

		(void)dispatch_error(d, result, &decision, &err);
		dispatch_fail(d, &err);
		return;
	}
	if (!result->ok)
		(void)dispatch_error(d, result, &decision, &d->give_up.last);
	if (!retry_here(d, task, result, &decision))
		task->done(task, result, &decision);
	if (was_light)
		fill_gap(d);
}

/* ---- steps */

/* A server that does not name the region with its refusal may do so when asked for the bucket. */
static void ask_region(struct dispatch *d)
{
	d->region.request = (struct s3_request){.op = S3_HEAD_BUCKET};
	d->region.done = on_region;
	d->region.owner = d;
	dispatch_submit(d, &d->region);
}

/* What must not be done from within s3_poll, because it takes part in it. */
static int mend_dispatch(struct dispatch *d, struct err *err)
{
	if (d->want_region && d->region.state == TASK_IDLE)
		ask_region(d);
	if (d->want_credentials) {
		unsigned generation = d->want_credentials;

		d->want_credentials = 0;
		if (s3_refresh_credentials(d->s3, generation, err) < 0)
			return -1;
	}
	return 0;
}

uint64_t dispatch_flying_bytes(const struct dispatch *d, const char *key)
{
	return news_flying_bytes(d->tasks.flying, d->s3, key);
}

/* How long poll may wait: until a queued task is due, or something must be looked at. */
static int wait_time(const struct dispatch *d)
{
	int64_t now = monotonic_ms(), wait = dispatch_idle(d) ? 0 : WAIT_MS;

	if (d->tasks.queued_heavy > 0 && d->tasks.flying_heavy > 0 &&
	    d->tasks.flying_heavy < pace_in_flight(&d->pace) && wait > SPREAD_LOOK_MS)
		wait = SPREAD_LOOK_MS;
	for (const struct task *t = d->tasks.queue; t; t = t->next)
		if (t->due_ms > now && t->due_ms - now < wait)
			wait = t->due_ms - now;
	return (int)wait;
}

int dispatch_step(struct dispatch *d, struct err *err)
{
	int64_t now = monotonic_ms();

	link_news_tell(&d->news, d->settings.sink, &d->give_up, d->tasks.flying, d->link.down, now);
	if (d->fatal.code == ERR_NONE)
		movement_look(&d->give_up, &d->looked_at_ms, d->tasks.flying, d->s3, now);
	if (d->fatal.code == ERR_NONE && (give_up_check(&d->give_up, now, err) < 0 ||
	                                  mend_dispatch(d, err) < 0 || send_due(d, err) < 0))
		return -1;
	if (d->fatal.code == ERR_NONE && s3_poll(d->s3, wait_time(d), err) < 0)
		return -1;
	if (d->fatal.code != ERR_NONE) {
		*err = d->fatal;
		return -1;
	}
	return 0;
}

int dispatch_wait(struct dispatch *d, dispatch_over_fn *is_over, void *context, struct err *err)
{
	int over;

	while ((over = is_over(context, err)) == 0)
		if (dispatch_step(d, err) < 0) {
			dispatch_cancel_all(d);
			return -1;
		}
	return over < 0 ? -1 : 0;
}

static void drop_queue(struct dispatch *d)
{
	while (d->tasks.queue)
		task_lists_remove(&d->tasks, d->tasks.queue);
}

/* Whether the rest of the body goes in that time, if it goes on as it has gone. */
static bool ends_within(const struct task *task, const struct http_progress *progress, int64_t ms)
{
	uint64_t length = task->request.body.length_bytes, there = progress->acknowledged_bytes;
	int64_t took_ms = monotonic_ms() - task->sent_ms;

	if (progress->sent_bytes >= length)
		return true;
	return (double)(length - there) * (double)took_ms <= (double)there * (double)ms;
}

/* What is flying, but for what would end within `but_ms`; negative: all of it. */
static void drop_flying(struct dispatch *d, int64_t but_ms)
{
	for (struct task *task = d->tasks.flying, *next; task; task = next) {
		struct http_progress progress = {0};

		next = task->next;
		s3_progress(d->s3, task->call, &progress);
		if (but_ms >= 0 && ends_within(task, &progress, but_ms))
			continue;
		task_lists_remove(&d->tasks, task);
		count_bytes(d, task->request.op, progress.acknowledged_bytes);
		s3_cancel(d->s3, task->call);
		task->call = NULL;
	}
}

void dispatch_drain(struct dispatch *d, int64_t grace_ms, int64_t bodies_ms)
{
	int64_t until = monotonic_ms() + grace_ms;
	struct err ignored;

	d->draining = true;
	drop_queue(d);
	drop_flying(d, bodies_ms);
	while (d->tasks.flying && monotonic_ms() < until &&
	       s3_poll(d->s3, DRAIN_LOOK_MS, &ignored) >= 0)
		drop_queue(d); /* what done functions put there */
	dispatch_cancel_all(d);
}

void dispatch_cancel_all(struct dispatch *d)
{
	drop_queue(d);
	drop_flying(d, -1);
}
