#include "cli/report.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/report_json.h"
#include "cli/report_text.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 20, HELD_MAX = 1 << 20, JSON_PROGRESS_MS = 1000 };

#define RED   "\033[31m"
#define AMBER "\033[33m"
#define PLAIN "\033[0m"

void report_release(struct report *r)
{
	live_close(&r->live);
	str_release(&r->held);
	str_release(&r->summary);
	str_release(&r->outcome);
	(void)log_file_close(&r->log, 0, NULL);
}

/* The live lines make room while anything else is written, and come back below it. */
static void write_out(struct report *r, const struct str *line)
{
	live_hide(&r->live);
	(void)fwrite(str_text(line), 1, line->len, stdout);
	if (r->output == REPORT_JSON || r->live.running)
		(void)fflush(stdout); /* a program reads them as they happen */
	live_show(&r->live);
	r->wrote_at_ms = monotonic_ms();
}

/* Standard output and standard error may be one file: each keeps its place. */
static void write_err(struct report *r, const struct str *line)
{
	live_hide(&r->live);
	(void)fflush(stdout);
	(void)fwrite(str_text(line), 1, line->len, stderr);
	live_show(&r->live);
	r->wrote_at_ms = monotonic_ms();
}

/* One line for standard error, which control characters never reach. */
static void write_message(struct report *r, const char *label, const char *color, const char *text)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	if (r->color_err && color)
		(void)str_adds(&line, color);
	(void)str_addf(&line, "drydock: %s%s%s", r->command ? r->command : "",
	               r->command ? ": " : "", label);
	if (r->color_err && color)
		(void)str_adds(&line, PLAIN);
	(void)str_add_printable(&line, text, strlen(text));
	(void)str_addc(&line, '\n');
	if (r->hold) {
		(void)str_add(&r->held, str_text(&line), line.len);
	} else {
		write_err(r, &line);
	}
}

static struct report_style style(const struct report *r, bool color)
{
	return (struct report_style){color, r->full_keys};
}

void report_add_key(const struct report *r, struct str *out, const char *key)
{
	report_text_key(out, key, style(r, false));
}

void report_add_digest(const struct report *r, struct str *out, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	report_add_key(r, out, digest_text(d, text));
}

static void add_retry(struct str *line, const struct event_retry *retry)
{
	char delay[UNITS_TEXT_MAX];

	(void)str_addf(line, "%s: %s; attempt %u, again in %s", retry->what, retry->why,
	               retry->attempt, duration_text(retry->delay_ms, delay));
}

static void on_retry(struct report *r, const struct event_retry *retry)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	if (r->quiet || r->log_level < 1)
		return;
	add_retry(&line, retry);
	write_message(r, "", NULL, str_text(&line));
}

static void on_object(struct report *r, const struct event_action *a)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	progress_object_done(&r->progress, a->key);
	if (!r->quiet && r->log_level >= 1) {
		report_text_action(&line, a, style(r, r->color_err));
		write_err(r, &line);
	}
}

/* Where there are no live lines, the last of them now and then, when nothing else is told. */
static void on_progress(struct report *r, const struct event *event)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	int64_t now = monotonic_ms();

	if (event->type == EVENT_LINK)
		progress_link(&r->progress, &event->u.link, now);
	else
		progress_note(&r->progress, &event->u.progress, now);
	live_begin(&r->live);
	if (!r->wrote_at_ms)
		r->wrote_at_ms = now;
	if (!r->plain || r->quiet || now - r->wrote_at_ms < REPORT_PLAIN_MS)
		return;
	progress_add_total(&r->progress, &line, now);
	write_message(r, "", NULL, str_text(&line));
}

/*
 * With -q there is no plan, and a tag that is held is told like a warning: no later run will send
 * it until a person has decided. So is, once, one that is kept as the bucket has it.
 */
static void warn_of_tag(struct report *r, const struct event *event)
{
	const struct event_action *a = &event->u.action;
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	if (!r->quiet || a->new_digest.alg == DIGEST_NONE)
		return;
	if (a->verb == ACTION_HELD)
		(void)str_addf(&line, "%s is held back: %s", a->key, a->why ? a->why : "");
	else if (a->verb == ACTION_KEPT && a->news)
		(void)str_addf(&line, "%s is left as the bucket has it: %s; --force-tag sends ours",
		               a->key, a->why ? a->why : "");
	else
		return;
	write_message(r, "warning: ", AMBER, str_text(&line));
	if (event->type == EVENT_PLAN)
		r->held_matters = true; /* an object that is held comes with an error of its own */
}

/* Objects of a plan are told with -v; without it the images, and tags that stay as they are. */
static bool plan_is_told(const struct report *r, const struct event_action *a)
{
	if (a->verb == ACTION_KEPT || a->verb == ACTION_HELD)
		return true;
	return r->show_plan && (r->log_level >= 1 || r->objects_alone);
}

/* A tag that goes is told as one that comes: by the image's name. */
static void add_removal(const struct report *r, const struct event *event, struct report_style s,
                        struct str *line)
{
	const struct event_action *a = &event->u.action;
	bool done = event->type == EVENT_OBJECT;
	struct key_parts parts;

	if (a->verb == ACTION_DELETE && (done || r->show_plan) && !r->objects_alone &&
	    layout_parse(&parts, a->key) && parts.object_class == CLASS_TAG)
		report_text_removal(line, &parts, a->why, done, s);
}

/* The line of an event that is a result, if it is one that is told. */
static void add_result(const struct report *r, const struct event *event, struct report_style s,
                       struct str *line)
{
	if (event->type == EVENT_PLAN || event->type == EVENT_OBJECT)
		add_removal(r, event, s, line);
	if (event->type == EVENT_PLAN && plan_is_told(r, &event->u.action))
		report_text_action(line, &event->u.action, s);
	else if (event->type == EVENT_STAGED)
		report_text_staged(line, &event->u.staged, s);
	else if (event->type == EVENT_IMAGE &&
	         (event->u.image.step == IMAGE_COMPLETE || r->show_plan))
		report_text_image(line, &event->u.image, s);
	else if (event->type == EVENT_SUMMARY && event->u.summary.planned)
		report_text_summary(line, &event->u.summary);
	else if (event->type == EVENT_STAGE)
		report_text_stage(line, &event->u.stage, s);
	else if (event->type == EVENT_STAGE_SUMMARY)
		report_text_stage_summary(line, &event->u.stage_summary);
}

static void text_event(struct report *r, const struct event *event)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	switch (event->type) {
	case EVENT_LOG:
		if (!r->quiet && event->level <= r->log_level)
			write_message(r, "", NULL, event->message);
		break;
	case EVENT_NOTE:
		if (!r->quiet)
			write_message(r, "", NULL, event->message);
		break;
	case EVENT_WARNING:
		write_message(r, "warning: ", AMBER, event->message);
		break;
	case EVENT_ERROR:
		write_message(r, "", RED, event->message);
		break;
	case EVENT_PLAN:
		progress_object_done(&r->progress, event->u.action.key); /* held after all */
		warn_of_tag(r, event);
		break;
	case EVENT_OBJECT:
		warn_of_tag(r, event);
		on_object(r, &event->u.action);
		break;
	case EVENT_PROGRESS:
	case EVENT_LINK:
		on_progress(r, event);
		break;
	case EVENT_RETRY:
		on_retry(r, &event->u.retry);
		break;
	case EVENT_STAGED:
	case EVENT_IMAGE:
	case EVENT_SUMMARY:
	case EVENT_STAGE:
	case EVENT_STAGE_SUMMARY:
		break;
	}
	if (!r->quiet)
		add_result(r, event, style(r, r->color_out), &line);
	if (line.len)
		write_out(r, &line);
}

/* At most one a second, and none before there is a figure: a phase that begins has none. */
static bool progress_is_due(struct report *r, const struct event_progress *p)
{
	int64_t now = monotonic_ms();

	if (p->total_done_bytes == 0 && p->total_bytes == 0 && p->objects_total == 0)
		return false;
	if (now - r->progress_at_ms < JSON_PROGRESS_MS)
		return false;
	r->progress_at_ms = now;
	return true;
}

/* A line of progress when the log had no other for so long. */
static void log_progress(struct report *r, const struct event *event, struct str *line)
{
	int64_t now = monotonic_ms();

	/* Of text the progress is noted where it is shown. */
	if (r->output == REPORT_JSON && event->type == EVENT_LINK)
		progress_link(&r->progress, &event->u.link, now);
	else if (r->output == REPORT_JSON)
		progress_note(&r->progress, &event->u.progress, now);
	if (now - r->log.wrote_at_ms >= REPORT_PLAIN_MS)
		progress_add_total(&r->progress, line, now);
}

/* What a terminal would have shown of the event. */
static void log_event(struct report *r, const struct event *event)
{
	static const struct report_style whole = {false, true};
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	const char *label = "";

	switch (event->type) {
	case EVENT_LOG:
	case EVENT_NOTE:
	case EVENT_WARNING:
	case EVENT_ERROR:
		label = event->type == EVENT_WARNING ? "warning: "
		        : event->type == EVENT_ERROR ? "error: "
		                                     : "";
		if (event->type != EVENT_LOG || event->level <= r->log_level)
			(void)str_adds(&line, event->message);
		break;
	case EVENT_OBJECT:
		if (r->log_level >= 1)
			report_text_action(&line, &event->u.action, whole);
		add_result(r, event, whole, &line);
		break;
	case EVENT_PROGRESS:
	case EVENT_LINK:
		log_progress(r, event, &line);
		break;
	case EVENT_RETRY:
		if (r->log_level >= 1)
			add_retry(&line, &event->u.retry);
		break;
	case EVENT_PLAN:
	case EVENT_STAGED:
	case EVENT_IMAGE:
	case EVENT_SUMMARY:
	case EVENT_STAGE:
	case EVENT_STAGE_SUMMARY:
		add_result(r, event, whole, &line);
		break;
	}
	log_file_add(&r->log, label, str_text(&line));
}

static void json_event(struct report *r, const struct event *event)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	if (event->type == EVENT_PROGRESS && !progress_is_due(r, &event->u.progress))
		return;
	if (event->type == EVENT_LINK || (event->type == EVENT_LOG && event->level > r->log_level))
		return;
	report_json_event(&line, event);
	if (event->type == EVENT_SUMMARY || event->type == EVENT_STAGE_SUMMARY) {
		str_init(&r->summary, LINE_MAX_BYTES);
		(void)str_add(&r->summary, str_text(&line), line.len);
		return;
	}
	write_out(r, &line);
	/* Errors and warnings are for people too: cron mails what is on standard error. */
	if (event->type == EVENT_WARNING || event->type == EVENT_ERROR)
		text_event(r, event);
	else if (event->type == EVENT_PLAN || event->type == EVENT_OBJECT)
		warn_of_tag(r, event);
}

bool report_may_pass(enum err_code code)
{
	int status = err_exit_status(code);

	return status == 5 || status == 8 || status == 10 || status == 11;
}

/* For --notify. An image that is staged again is no change. */
static void note_outcome(struct report *r, const struct event *event)
{
	if ((event->type == EVENT_OBJECT && event->u.action.verb != ACTION_KEPT &&
	     event->u.action.verb != ACTION_HELD) ||
	    (event->type == EVENT_STAGED && event->u.staged.new_blobs > 0))
		r->changed = true;
	if (event->type != EVENT_SUMMARY)
		return;
	str_release(&r->outcome);
	str_init(&r->outcome, LINE_MAX_BYTES);
	report_json_event(&r->outcome, event);
}

void report_event(void *context, const struct event *event)
{
	struct report *r = context;

	live_lock(&r->live);
	if (event->code != ERR_NONE && !report_may_pass(event->code))
		r->held_matters = true;
	if (r->log.file)
		log_event(r, event);
	note_outcome(r, event);
	if (r->output == REPORT_JSON)
		json_event(r, event);
	else
		text_event(r, event);
	live_unlock(&r->live);
}

void report_failure(struct report *r, const struct err *err)
{
	struct event event;

	memset(&event, 0, sizeof(event));
	event.type = EVENT_ERROR;
	event.message = err->message;
	event.code = err->code;
	report_event(r, &event);
}

void report_hold(struct report *r)
{
	str_init(&r->held, HELD_MAX);
	r->hold = true;
	r->held_matters = false;
}

void report_let_go(struct report *r)
{
	if (!r->hold)
		return;
	r->hold = false;
	(void)fwrite(str_text(&r->held), 1, r->held.len, stderr);
	str_clear(&r->held);
}

void report_drop(struct report *r)
{
	r->hold = false;
	str_clear(&r->held);
}

void report_say(struct report *r, const char *fmt, ...)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	char text[1 << 13];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_file_add(&r->log, "", text);
	if (r->quiet || r->output == REPORT_JSON)
		return;
	(void)str_add_printable(&line, text, strlen(text));
	(void)str_addc(&line, '\n');
	write_out(r, &line);
}

void report_end_log(struct report *r, int status, const char *why)
{
	if (log_file_close(&r->log, status, why) < 0)
		write_message(r, "warning: ", AMBER, "the log file was not written whole");
}

void report_results(struct report *r)
{
	live_close(&r->live);
}

/* As head has, when it has seen enough: no failure of ours, and nothing that anybody should hear.
 */
static bool reader_is_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

int report_finish(struct report *r, struct err *err)
{
	report_results(r);
	if (r->summary.len > 0)
		write_out(r, &r->summary);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (reader_is_gone())
		return 0;
	return err_sys(err, "write standard output");
}
