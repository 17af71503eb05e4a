/*
 * report: how events become what a person, a log or a program reads.
 *
 *     standard output   results: staged tags, plan lines of a dry run, summaries; with --json every
 *                       event as one JSON object per line
 *     standard error    messages, retries, progress
 *
 * On a terminal progress is a block of live lines (one per transfer, one total: live.h); elsewhere
 * a line now and then. Images are told, and with -v the objects that they are made of.
 *
 * The log file has what a terminal would have shown, whatever -q and --json say, and keys in full.
 *
 * With -q only warnings and errors are written, and report_hold lets a command decide at its end
 * whether even those are worth a mail (--alert-after).
 */
#ifndef DRYDOCK_CLI_REPORT_H
#define DRYDOCK_CLI_REPORT_H

#include "base/event.h"
#include "base/str.h"
#include "cli/live.h"
#include "cli/log_file.h"

#include <stdbool.h>
#include <stdio.h>

enum report_output { REPORT_TEXT, REPORT_JSON };

struct report {              /* all zero: text, nothing quiet, no colour, keys shortened, no log */
	const char *command; /* borrowed; names the command in messages; NULL: none yet */
	enum report_output output;
	bool quiet;
	bool color_out, color_err; /* on standard output, on standard error */
	bool full_keys;     /* keys are not shortened: standard output is no terminal, or -v */
	bool plain;         /* no live lines: progress is told now and then */
	bool show_plan;     /* plan lines are results: dry run, diff */
	bool objects_alone; /* those of a command that knows no images: gc */
	int log_level;      /* EVENT_LOG of a higher level is not written: how often -v was given */
	struct log_file log; /* owned: --log-file */
	bool silent_failure; /* the error at the end is not worth a line */
	bool hold;           /* messages are kept in `held` */
	bool held_matters;   /* one of them is news, whatever the command ends with */
	struct str held;     /* owned */
	struct str summary;  /* owned: the JSON line that comes last, also after the error */
	struct str outcome;  /* owned: the summary as JSON, whatever the output is */
	bool changed;        /* something was staged, sent or removed */
	struct progress progress;
	struct live live;       /* of it; off where there is no terminal */
	int64_t wrote_at_ms;    /* monotonic: the last line; 0: none */
	int64_t progress_at_ms; /* monotonic: the last progress of --json */
};

void report_release(struct report *r);

/* The event_sink's function; context is the struct report. */
void report_event(void *context, const struct event *event);

/* The line for the error a command ends with; code and message, JSON or text. */
void report_failure(struct report *r, const struct err *err);

/*
 * Keeps messages back; report_let_go writes them, report_drop forgets them. What must not be
 * forgotten sets held_matters: an error of one object, or a warning with a code, unless it is one
 * of those that time may mend (report_may_pass).
 */
void report_hold(struct report *r);
void report_let_go(struct report *r);
void report_drop(struct report *r);

/* Without live lines one line tells the progress when there was no other for so long. */
enum { REPORT_PLAIN_MS = 60 * 1000 };

/* Statuses 5, 8, 10 and 11: with -q they are no news until no run has succeeded for --alert-after.
 */
enum { REPORT_ALERT_AFTER_MS = 24 * 60 * 60 * 1000 };
bool report_may_pass(enum err_code code);

/*
 * A result of a command that changes or checks something, as a line for people: on standard output,
 * unless -q or --json is said, and in the log file.
 */
void report_say(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The last line of the log file; that it could not be written is a warning. */
void report_end_log(struct report *r, int status, const char *why);

/*
 * A command prints its results with printf: called before, it takes the live lines off the
 * terminal.
 */
void report_results(struct report *r);
/* Flushes standard output; a full disk is an error, a reader that has gone is none. */
int report_finish(struct report *r, struct err *err) MUST_CHECK;

/* "v2/app/blobs/sha256:ab12cd34ef56…" unless full_keys. Appends to `out`. */
void report_add_key(const struct report *r, struct str *out, const char *key);
void report_add_digest(const struct report *r, struct str *out, const struct digest *d);

#endif
