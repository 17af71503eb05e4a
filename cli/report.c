#include "cli/report.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/report_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20, HELD_MAX = 1 << 20, SHORT_HEX = 12, JSON_PROGRESS_MS = 1000 };

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define AMBER "\033[33m"
#define CYAN  "\033[36m"
#define PLAIN "\033[0m"

void report_release(struct report *r)
{
	str_release(&r->held);
	str_release(&r->summary);
	if (r->log)
		(void)fclose(r->log);
	r->log = NULL;
}

int report_open_log(struct report *r, const char *path, struct err *err)
{
	r->log = fopen(path, "ae");
	if (!r->log)
		return err_sys(err, "open log file %s", path);
	return 0;
}

static void erase_progress(struct report *r)
{
	AUTO_STR struct str out = STR_INIT(LINE_MAX_BYTES);

	progress_erase(&r->progress, &out);
	(void)fputs(str_text(&out), stderr);
}

static void draw_progress(struct report *r)
{
	AUTO_STR struct str out = STR_INIT(LINE_MAX_BYTES);

	progress_draw(&r->progress, &out, monotonic_ms());
	(void)fputs(str_text(&out), stderr);
	(void)fflush(stderr);
}

static void write_out(struct report *r, const struct str *line)
{
	if (r->progress.drawn)
		erase_progress(r);
	(void)fwrite(str_text(line), 1, line->len, stdout);
	if (r->output == REPORT_JSON)
		(void)fflush(stdout); /* a program reads them as they happen */
}

/* One line for standard error and the log file; control characters never reach either. */
static void write_message(struct report *r, const char *label, const char *color, const char *text)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	char at[UNITS_TEXT_MAX];

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
		if (r->progress.drawn)
			erase_progress(r);
		(void)fwrite(str_text(&line), 1, line.len, stderr);
	}
	if (r->log) {
		str_clear(&line);
		(void)str_add_printable(&line, text, strlen(text));
		(void)fprintf(r->log, "%s %s%s\n", time_text_ms(now_ms(), at), label,
		              str_text(&line));
		(void)fflush(r->log);
	}
}

void report_add_key(const struct report *r, struct str *out, const char *key)
{
	const char *colon = strrchr(key, ':');

	if (r->full_keys || !colon || strlen(colon) <= SHORT_HEX + 1) {
		(void)str_add_printable(out, key, strlen(key));
		return;
	}
	(void)str_add_printable(out, key, (size_t)(colon - key) + 1 + SHORT_HEX);
	(void)str_adds(out, "…");
}

void report_add_digest(const struct report *r, struct str *out, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	report_add_key(r, out, digest_text(d, text));
}

static const char *const VERB_COLORS[] = {
	[ACTION_UPLOAD] = GREEN, [ACTION_RESUME] = GREEN, [ACTION_COPY] = GREEN,
	[ACTION_TAG] = CYAN,     [ACTION_UPDATE] = CYAN,  [ACTION_DELETE] = RED,
	[ACTION_REPAIR] = GREEN, [ACTION_KEPT] = AMBER,   [ACTION_HELD] = AMBER,
};

/* upload  v2/app/blobs/sha256:ab12…   52.1 MiB  missing */
static void add_action(const struct report *r, struct str *out, const struct event_action *a,
                       bool color)
{
	char size[UNITS_TEXT_MAX];

	if (color)
		(void)str_adds(out, VERB_COLORS[a->verb]);
	(void)str_addf(out, "%-7s", action_verb_name(a->verb));
	(void)str_adds(out, color ? PLAIN " " : " ");
	report_add_key(r, out, a->key);
	(void)str_addf(out, "  %s", size_text(a->size_bytes, size));
	if (a->verb == ACTION_COPY && a->copy_from)
		(void)str_addf(out, "  from %s", a->copy_from);
	else if (a->verb == ACTION_RESUME && a->parts_total)
		(void)str_addf(out, "  parts %" PRIu64 "/%" PRIu64 " there", a->parts_there,
		               a->parts_total);
	else if (a->verb == ACTION_TAG && a->new_digest.alg != DIGEST_NONE) {
		(void)str_adds(out, "  ");
		if (a->old_digest.alg != DIGEST_NONE) {
			report_add_digest(r, out, &a->old_digest);
			(void)str_adds(out, " -> ");
		}
		report_add_digest(r, out, &a->new_digest);
	}
	if (a->why && *a->why && a->verb != ACTION_COPY)
		(void)str_addf(out, "  %s", a->why);
	(void)str_addc(out, '\n');
}

static void add_requests(struct str *out, const struct event_summary *s)
{
	const char *comma = "";

	(void)str_adds(out, "requests: ");
	for (int i = 0; i < REQUEST_KINDS; i++)
		if (s->requests[i]) {
			(void)str_addf(out, "%s%" PRIu64 " %s", comma, s->requests[i],
			               request_kind_name((enum request_kind)i));
			comma = ", ";
		}
	if (!*comma)
		(void)str_adds(out, "none");
	(void)str_addc(out, '\n');
}

static void add_count(struct str *out, const char *comma, uint64_t n, const char *one,
                      const char *many)
{
	(void)str_addf(out, "%s%" PRIu64 " %s", comma, n, n == 1 ? one : many);
}

static void add_dry_summary(struct str *out, const struct event_summary *s)
{
	char bytes[UNITS_TEXT_MAX];

	(void)str_addf(out, "dry run: %s to send", size_text(s->bytes_total, bytes));
	add_count(out, ", ", s->uploaded + s->resumed, "object", "objects");
	add_count(out, ", ", s->copied, "copy", "copies");
	if (s->repaired)
		add_count(out, ", ", s->repaired, "repair", "repairs");
	add_count(out, ", ", s->tags_moved, "tag moved", "tags moved");
	add_count(out, ", ", s->deleted, "delete", "deletes");
	(void)str_addf(out, ", %" PRIu64 " unchanged; ", s->unchanged);
	add_requests(out, s);
}

static void add_summary(struct str *out, const struct event_summary *s)
{
	const struct {
		uint64_t count;
		const char *word;
	} counts[] = {{s->resumed, "resumed"},     {s->copied, "copied"},
	              {s->repaired, "repaired"},   {s->deleted, "deleted"},
	              {s->unchanged, "unchanged"}, {s->kept, "kept"},
	              {s->held, "held"},           {s->failed, "failed"}};
	char bytes[UNITS_TEXT_MAX], took[UNITS_TEXT_MAX];

	if (s->dry_run) {
		add_dry_summary(out, s);
		return;
	}
	add_count(out, "", s->uploaded, "uploaded", "uploaded");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count)
			add_count(out, ", ", counts[i].count, counts[i].word, counts[i].word);
	(void)str_addf(out, "; %s sent in %s; ", size_text(s->bytes_sent, bytes),
	               duration_text(s->duration_ms, took));
	if (s->retries)
		add_count(out, "", s->retries, "retry; ", "retries; ");
	add_requests(out, s);
}

static void add_staged(const struct report *r, struct str *out, const struct event_staged *s)
{
	char bytes[UNITS_TEXT_MAX], fresh[UNITS_TEXT_MAX];

	if (r->color_out)
		(void)str_adds(out, GREEN "staged" PLAIN " ");
	else
		(void)str_adds(out, "staged ");
	(void)str_addf(out, "%s:%s  ", s->name, s->tag);
	report_add_digest(r, out, &s->digest);
	(void)str_addf(out, "  %s", size_text(s->bytes, bytes));
	if (s->new_blobs) {
		add_count(out, ", ", s->new_blobs, "new blob", "new blobs");
		(void)str_addf(out, " (%s)\n", size_text(s->new_bytes, fresh));
	} else {
		(void)str_adds(out, ", nothing new\n");
	}
}

/* add    app:1  sha256:ab12…  linux/amd64  52.1 MiB, 7 new blobs (48.9 MiB), 3 there */
static void add_stage(const struct report *r, struct str *out, const struct event_stage *s)
{
	static const char *const colors[] = {
		[STAGE_ADD] = GREEN, [STAGE_MOVE] = CYAN, [STAGE_SAME] = ""};
	char bytes[UNITS_TEXT_MAX];

	(void)str_addf(out, "%s%-5s%s ", r->color_out ? colors[s->verb] : "",
	               stage_verb_name(s->verb), r->color_out && *colors[s->verb] ? PLAIN : "");
	(void)str_addf(out, "%s%s%s  ", s->name, s->tag[0] ? ":" : "", s->tag);
	if (s->old_digest.alg != DIGEST_NONE) {
		report_add_digest(r, out, &s->old_digest);
		(void)str_adds(out, " -> ");
	}
	report_add_digest(r, out, &s->digest);
	if (s->platforms[0])
		(void)str_addf(out, "  %s", s->platforms);
	(void)str_addf(out, "  %s", size_text(s->bytes, bytes));
	if (s->new_blobs) {
		add_count(out, ", ", s->new_blobs, "new blob", "new blobs");
		(void)str_addf(out, " (%s)", size_text(s->new_bytes, bytes));
	} else {
		(void)str_adds(out, ", nothing new");
	}
	if (s->new_blobs && s->old_blobs)
		(void)str_addf(out, ", %" PRIu64 " there", s->old_blobs);
	(void)str_addc(out, '\n');
}

static void add_stage_summary(struct str *out, const struct event_stage_summary *s)
{
	char bytes[UNITS_TEXT_MAX];

	add_count(out, "dry run: ", s->images, "image", "images");
	add_count(out, ", ", s->tags_new, "new tag", "new tags");
	add_count(out, ", ", s->tags_moved, "tag moved", "tags moved");
	(void)str_addf(out, ", %" PRIu64 " unchanged", s->tags_same);
	add_count(out, "; ", s->new_blobs, "blob", "blobs");
	(void)str_addf(out, ", %s to add", size_text(s->new_bytes, bytes));
	add_count(out, "; ", s->old_blobs, "blob", "blobs");
	(void)str_addf(out, ", %s there already\n", size_text(s->old_bytes, bytes));
}

static void on_retry(struct report *r, const struct event_retry *retry)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	char delay[UNITS_TEXT_MAX];

	if (r->quiet || r->log_level < 1)
		return;
	(void)str_addf(&line, "%s: %s; attempt %u, again in %s", retry->what, retry->why,
	               retry->attempt, duration_text(retry->delay_ms, delay));
	write_message(r, "", NULL, str_text(&line));
}

static void on_object(struct report *r, const struct event_action *a)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);

	progress_object_done(&r->progress, a->key);
	if (!r->quiet && r->plain) {
		add_action(r, &line, a, r->color_err);
		(void)fwrite(str_text(&line), 1, line.len, stderr);
	}
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
		if (r->show_plan || event->u.action.verb == ACTION_KEPT ||
		    event->u.action.verb == ACTION_HELD)
			add_action(r, &line, &event->u.action, r->color_out);
		break;
	case EVENT_OBJECT:
		warn_of_tag(r, event);
		on_object(r, &event->u.action);
		break;
	case EVENT_PROGRESS:
		if (progress_note(&r->progress, &event->u.progress, monotonic_ms()))
			draw_progress(r);
		break;
	case EVENT_RETRY:
		on_retry(r, &event->u.retry);
		break;
	case EVENT_STAGED:
		add_staged(r, &line, &event->u.staged);
		break;
	case EVENT_SUMMARY:
		if (event->u.summary.planned)
			add_summary(&line, &event->u.summary);
		break;
	case EVENT_STAGE:
		add_stage(r, &line, &event->u.stage);
		break;
	case EVENT_STAGE_SUMMARY:
		add_stage_summary(&line, &event->u.stage_summary);
		break;
	}
	if (line.len && !r->quiet)
		write_out(r, &line);
}

static void json_event(struct report *r, const struct event *event)
{
	AUTO_STR struct str line = STR_INIT(LINE_MAX_BYTES);
	int64_t now = monotonic_ms();

	if (event->type == EVENT_PROGRESS) {
		if (now - r->progress.drawn_at_ms < JSON_PROGRESS_MS)
			return;
		r->progress.drawn_at_ms = now;
	}
	if (event->type == EVENT_LOG && event->level > r->log_level)
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

void report_event(void *context, const struct event *event)
{
	struct report *r = context;

	if (event->code != ERR_NONE && !report_may_pass(event->code))
		r->held_matters = true;
	if (r->output == REPORT_JSON)
		json_event(r, event);
	else
		text_event(r, event);
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

void report_results(struct report *r)
{
	if (r->progress.drawn)
		erase_progress(r);
	(void)fflush(stderr);
}

int report_finish(struct report *r, struct err *err)
{
	report_results(r);
	if (r->summary.len > 0)
		write_out(r, &r->summary);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, "write standard output");
	return 0;
}
