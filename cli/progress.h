/*
 * progress: a model of what a command is doing, from its events, and the live lines that show it.
 * Pure: the clock and the terminal's size come with each call, and what is drawn goes into a str.
 *
 *     progress_note(&p, &event, now) or progress_link(…)    for each event
 *     progress_draw(&p, &out, &size, now)                   a frame
 *     progress_add_total(&p, &out, now)                     its last line alone, for a log
 *
 * What is shown as done never falls: bytes that a cut took back are told beside it, until they are
 * there again. Where nothing moves, the last line says so, and since when, instead of a rate.
 *
 * A frame is drawn from the cursor on, and leaves it where it was, at the start of its first line.
 * So it needs no count of the rows that the last one takes by now, on a terminal that folds or cuts
 * what it has when it becomes narrower; and what wipes a frame out is a constant, good for a signal
 * handler. Nothing is erased from the upper left corner on: tmux would move it into its history.
 */
#ifndef DRYDOCK_CLI_PROGRESS_H
#define DRYDOCK_CLI_PROGRESS_H

#include "base/event.h"
#include "base/layout.h"
#include "base/str.h"
#include "cli/rate.h"

#include <stdbool.h>

/* Takes a frame off the screen; the cursor is at the start of its first line, before and after. */
#define PROGRESS_WIPE "\r\033[K \033[J\r\033[K"

enum {
	PROGRESS_LINES_MAX = 8,
	PROGRESS_WHAT_MAX = 200,
	PROGRESS_COLUMNS_LEAST = 20, /* a narrower terminal gets the last line alone */
};

struct progress_size { /* of a terminal */
	unsigned columns, rows;
	bool color;
	const char *mark; /* for what is cut off: cells.h */
};

struct progress_line {
	char key[KEY_MAX];               /* "": the line is free */
	uint64_t done_bytes, size_bytes; /* size 0: not known */
	int64_t moved_at_ms;             /* monotonic, as all times here */
};

struct progress { /* all zero: nothing was told yet */
	bool begun;
	enum progress_phase phase;
	char what[PROGRESS_WHAT_MAX];
	int64_t phase_at_ms; /* when it began */
	struct progress_line lines[PROGRESS_LINES_MAX];
	struct event_progress total; /* the last event; its texts unused */
	uint64_t shown_bytes;        /* the most that was done so far */
	struct rate rate;
	int64_t moved_at_ms;      /* bytes or objects became more */
	int64_t publishing_at_ms; /* since when; 0: it reads on */
	struct event_link link;   /* the last one */
	int64_t link_at_ms;
};

void progress_note(struct progress *p, const struct event_progress *event, int64_t at_ms);
void progress_link(struct progress *p, const struct event_link *event, int64_t at_ms);
void progress_object_done(struct progress *p, const char *key);
/* "21% sent, 46s left, 5.1 MiB/s, 64.1 MiB of 300.2 MiB, 12 of 40 objects" */
void progress_add_total(const struct progress *p, struct str *out, int64_t at_ms);
/* Appends a frame. Its lines are cut to the terminal, and fewer than its rows. */
void progress_draw(const struct progress *p, struct str *out, const struct progress_size *size,
                   int64_t at_ms);

#endif
