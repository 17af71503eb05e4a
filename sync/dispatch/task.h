/*
 * task: one request that dispatch.h sends for its owner, and the lists of those that wait and of
 * those that fly.
 */
#ifndef DRYDOCK_SYNC_DISPATCH_TASK_H
#define DRYDOCK_SYNC_DISPATCH_TASK_H

#include "sync/dispatch/retry.h"
#include "sync/s3/request.h"

enum task_weight {
	TASK_LIGHT, /* no body, or one so small that the answer takes longer */
	TASK_HEAVY, /* counts against the pace */
};

enum {
	TASK_HEAVY_BYTES = 1 << 20, /* bodies from here on are heavy */
	TASKS_AHEAD_MAX = 8,
};

enum task_state { TASK_IDLE, TASK_QUEUED, TASK_FLYING };

struct dispatch;
struct s3_call;
struct task;
typedef void task_done_fn(struct task *task, struct s3_result *result,
                          const struct retry_decision *decision);

struct task {
	/* Set by the owner. What the request points to is the owner's until done. */
	struct s3_request request;
	enum task_weight weight;
	bool ahead;       /* light, and submitted while there was no room for it */
	bool return_lost; /* hand it back when it may have had its effect unseen */
	bool return_cut;  /* hand it back when its body was cut after a good deal of it */
	task_done_fn *done;
	void *owner;

	/* dispatch's own. */
	struct dispatch *dispatch;
	enum task_state state;
	struct task *next; /* in the list of its state */
	struct s3_call *call;
	int64_t due_ms;       /* not before, monotonic; 0: at once */
	int64_t sent_ms;      /* when it went out last, monotonic */
	uint64_t moved_bytes; /* that the server has taken or given, at the last look; see send_due
	                       */
	uint64_t seen_bytes;  /* the same of this attempt alone … */
	int64_t seen_ms;      /* … and when it was less, monotonic */
	unsigned attempts;    /* failures in a row, since its connection last carried something */
	unsigned answered;    /* failures that the server answered */
	unsigned lost;        /* failures of the link */
	bool refreshed, redirected, signed_again; /* this was tried for its request already */
	bool changes_sent; /* anything but a question went out once, in whichever submission */
};

/* It gets a new request, for which nothing was tried yet. How often it failed stays. */
void task_renew(struct task *task);
/* `moved`: its connection had carried something. */
void task_count_failure(struct task *task, const struct s3_result *result, bool moved);

/* Oldest first. A task stands in the list of its state. */
struct task_lists {
	struct task *queue, *flying;
	unsigned flying_light, flying_heavy, queued_light, queued_heavy;
	unsigned queued_ahead; /* not among queued_light */
};

/* Puts a task that is idle at the end of the list of this state. */
void task_lists_add(struct task_lists *lists, struct task *task, enum task_state state);
/* Takes it out; it is idle then. */
void task_lists_remove(struct task_lists *lists, struct task *task);
/* The one of those flying that went out last; NULL: none. */
const struct task *task_lists_last_heavy(const struct task_lists *lists);
/*
 * Which of those that are due at `now` goes out next, when `heavy_max` heavy ones may fly, and
 * `fresh_max` where they were not lost before: light ones first, because they take no time and
 * others wait for what they bring, then heavy ones, then those ahead of their time. NULL: none.
 */
struct task *task_lists_next(const struct task_lists *lists, int64_t now, unsigned heavy_max,
                             unsigned fresh_max);

#endif
