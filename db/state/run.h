/* run: the history of what was done with a root: when, how much, with what result. */
#ifndef DRYDOCK_DB_STATE_RUN_H
#define DRYDOCK_DB_STATE_RUN_H

#include "db/state/db.h"

enum { RUN_COMMAND_MAX = 32 };

/*
 * What is recorded as a command. A sync with --include or --exclude is a kind of its own: what
 * it left out still waits (db/state/status.h).
 */
#define RUN_STAGE     "stage"
#define RUN_SYNC      "sync"
#define RUN_SYNC_PART "sync part"

struct run_row {
	int64_t id;
	char command[RUN_COMMAND_MAX]; /* RUN_STAGE, … */
	int64_t remote;                /* 0: none */
	int64_t started_at;            /* seconds, UTC */
	int64_t ended_at;              /* 0: still running, or killed */
	int status;                    /* exit status; -1 while it has not ended */
	uint64_t bytes;                /* written by stage, sent by sync */
	uint64_t objects;              /* images staged, objects sent */
	uint64_t failed;               /* sources of stage, objects of sync */
	char message[ERR_MESSAGE_MAX]; /* "" when there was no error */
};

/*
 * Inserts one finished run (started_at .. ended_at) and drops the oldest beyond 1,000 of the same
 * command and remote, but never the last that succeeded, or where none has the first that sent an
 * object. A single INSERT at the end is all that a run with nothing to do writes.
 */
int run_put(struct db *db, const struct run_row *row, struct err *err) MUST_CHECK;

/*
 * The last run of `command` (and `remote`, unless 0), or the last that succeeded, or the first that
 * sent an object (staged an image), whatever its end. RUN_SYNC finds those of RUN_SYNC_PART too. 1,
 * 0, -1.
 */
enum run_filter { RUN_ANY, RUN_SUCCEEDED, RUN_FIRST_FORWARD };
int run_last(struct db *db, const char *command, int64_t remote, enum run_filter filter,
             struct run_row *row, struct err *err) MUST_CHECK;

#endif
