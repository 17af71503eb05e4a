/*
 * live: the lines of progress.h on the terminal of standard error, drawn by a thread of their own,
 * so that they go on counting where a command waits.
 *
 *     live_init(&l, &progress, color);            nothing is drawn yet
 *     live_lock(&l); progress_note(…); live_unlock(&l);
 *     live_begin(&l);                             with the first of it; again is fine
 *     live_hide(&l); … write …; live_show(&l);    between lock and unlock
 *     live_close(&l);                             wiped off, the thread is gone; may begin again
 *
 * The cursor is never hidden, so there is none to bring back. What is drawn is wiped off before
 * the process is stopped (Ctrl-Z) or dies of a signal that can be caught; in the background nothing
 * is drawn. The terminal's size is asked for each frame.
 */
#ifndef DRYDOCK_CLI_LIVE_H
#define DRYDOCK_CLI_LIVE_H

#include "cli/progress.h"

#include <pthread.h>
#include <stdbool.h>

enum {
	LIVE_FRAME_MS = 200,
	LIVE_FIRST_MS = 400, /* what is over before that shows nothing */
};

struct live { /* all zero: off, and every call does nothing */
	bool enabled;
	bool color;
	bool running;     /* the thread is there */
	const char *mark; /* static: where a line is cut */
	int64_t begun_at_ms;
	struct progress *progress; /* borrowed */
	pthread_mutex_t lock;      /* for progress, and for what is written to the terminal */
	pthread_t thread;
	int wake[2]; /* owned: closing the second ends the thread */
};

/* While there is one thread: the locale is asked. */
void live_init(struct live *l, struct progress *progress, bool color);
void live_lock(struct live *l);
void live_unlock(struct live *l);
void live_begin(struct live *l);
void live_hide(struct live *l);
void live_show(struct live *l);
void live_close(struct live *l);

#endif
