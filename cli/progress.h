/*
 * progress: the live lines on a terminal. Keeps the state of each transfer that moved lately and a
 * smoothed rate; draws nothing itself but into a str, so that it can be tested.
 */
#ifndef DRYDOCK_CLI_PROGRESS_H
#define DRYDOCK_CLI_PROGRESS_H

#include "base/event.h"
#include "base/layout.h"
#include "base/str.h"

#include <stdbool.h>

enum { PROGRESS_LINES_MAX = 8, PROGRESS_REDRAW_MS = 100 };

struct progress_line {
	char key[KEY_MAX];               /* "": the line is free */
	uint64_t done_bytes, size_bytes; /* size 0: not known */
	int64_t moved_at_ms;             /* monotonic, as all times here */
};

struct progress {
	bool enabled; /* false: nothing is drawn */
	bool color;
	int width; /* columns of the terminal, at least 40 */
	int drawn; /* lines on the screen now */
	int64_t drawn_at_ms;
	struct progress_line lines[PROGRESS_LINES_MAX];
	struct event_progress total; /* the last event; key unused */
	double rate_bytes_per_s;     /* smoothed over some seconds; 0: not known yet */
	uint64_t rate_from_bytes;    /* where the window began that is being measured */
	int64_t rate_from_ms;
};

void progress_init(struct progress *p, bool enabled, bool color, int width);
/* Takes note; says whether it is time to draw. */
bool progress_note(struct progress *p, const struct event_progress *event, int64_t at_ms);
void progress_object_done(struct progress *p, const char *key);
/* Appends what erases the lines on the screen. */
void progress_erase(struct progress *p, struct str *out);
/* Appends the lines. */
void progress_draw(struct progress *p, struct str *out, int64_t at_ms);

#endif
