#include "cli/report_json.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add_text(struct str *out, const char *name, const char *text)
{
	if (!text)
		return;
	(void)str_addf(out, ",\"%s\":", name);
	(void)str_add_json(out, text);
}

static void add_number(struct str *out, const char *name, uint64_t value)
{
	(void)str_addf(out, ",\"%s\":%" PRIu64, name, value);
}

static void add_digest(struct str *out, const char *name, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	if (d->alg != DIGEST_NONE)
		add_text(out, name, digest_text(d, text));
}

static void add_action_members(struct str *out, const struct event *event)
{
	const struct event_action *a = &event->u.action;

	add_text(out, "action", action_verb_name(a->verb));
	add_text(out, "key", a->key);
	add_number(out, "bytes", a->size_bytes);
	add_text(out, "why", a->why);
	add_text(out, "from", a->copy_from);
	if (a->verb == ACTION_KEPT)
		(void)str_addf(out, ",\"news\":%s", a->news ? "true" : "false");
	if (a->parts_total) {
		add_number(out, "parts", a->parts_total);
		add_number(out, "parts_there", a->parts_there);
	}
	add_digest(out, "old_digest", &a->old_digest);
	add_digest(out, "new_digest", &a->new_digest);
	if (event->type == EVENT_OBJECT) {
		add_number(out, "bytes_sent", a->sent_bytes);
		add_number(out, "duration_ms", (uint64_t)a->duration_ms);
	}
}

static void add_progress_members(struct str *out, const struct event_progress *p)
{
	add_text(out, "phase", progress_phase_name(p->phase));
	add_text(out, "what", p->what);
	add_text(out, "key", p->key);
	if (p->key) {
		add_number(out, "done", p->done_bytes);
		add_number(out, "bytes", p->size_bytes);
	}
	add_number(out, "total_done", p->total_done_bytes);
	add_number(out, "total_bytes", p->total_bytes);
	add_number(out, "objects_done", p->objects_done);
	add_number(out, "objects_total", p->objects_total);
}

static void add_summary_members(struct str *out, const struct event_summary *s)
{
	const char *comma = "";

	(void)str_addf(out, ",\"dry_run\":%s", s->dry_run ? "true" : "false");
	add_number(out, "uploaded", s->uploaded);
	add_number(out, "resumed", s->resumed);
	add_number(out, "copied", s->copied);
	add_number(out, "repaired", s->repaired);
	add_number(out, "unchanged", s->unchanged);
	add_number(out, "failed", s->failed);
	add_number(out, "deleted", s->deleted);
	add_number(out, "kept", s->kept);
	add_number(out, "held", s->held);
	add_number(out, "tags_moved", s->tags_moved);
	add_number(out, "bytes_sent", s->bytes_sent);
	add_number(out, "bytes_total", s->bytes_total);
	add_number(out, "retries", s->retries);
	(void)str_adds(out, ",\"requests\":{");
	for (int i = 0; i < REQUEST_KINDS; i++)
		if (s->requests[i]) {
			(void)str_addf(out, "%s\"%s\":%" PRIu64, comma,
			               request_kind_name((enum request_kind)i), s->requests[i]);
			comma = ",";
		}
	(void)str_addc(out, '}');
	add_number(out, "duration_ms", (uint64_t)s->duration_ms);
	add_number(out, "status", (uint64_t)err_exit_status(s->result));
}

static void add_staged_members(struct str *out, const struct event_staged *s)
{
	add_text(out, "name", s->name);
	add_text(out, "tag", s->tag);
	add_digest(out, "digest", &s->digest);
	add_text(out, "media_type", s->media_type);
	add_number(out, "bytes", s->bytes);
	add_number(out, "new_blobs", s->new_blobs);
	add_number(out, "new_bytes", s->new_bytes);
}

static void add_platforms(struct str *out, const char *platforms)
{
	const char *comma = "";

	(void)str_adds(out, ",\"platforms\":[");
	while (*platforms) {
		int n = (int)strcspn(platforms, " ");

		(void)str_addf(out, "%s\"%.*s\"", comma, n, platforms);
		platforms += n;
		platforms += strspn(platforms, " ");
		comma = ",";
	}
	(void)str_addc(out, ']');
}

static void add_stage_members(struct str *out, const struct event_stage *s)
{
	add_text(out, "action", stage_verb_name(s->verb));
	add_text(out, "name", s->name);
	if (s->tag[0])
		add_text(out, "tag", s->tag);
	add_digest(out, "digest", &s->digest);
	add_digest(out, "old_digest", &s->old_digest);
	add_text(out, "media_type", s->media_type);
	add_platforms(out, s->platforms);
	add_number(out, "bytes", s->bytes);
	add_number(out, "new_blobs", s->new_blobs);
	add_number(out, "new_bytes", s->new_bytes);
	add_number(out, "old_blobs", s->old_blobs);
	add_number(out, "old_bytes", s->old_bytes);
}

static void add_stage_summary_members(struct str *out, const struct event_stage_summary *s)
{
	(void)str_addf(out, ",\"dry_run\":true,\"new_root\":%s", s->new_root ? "true" : "false");
	add_number(out, "images", s->images);
	add_number(out, "tags_new", s->tags_new);
	add_number(out, "tags_moved", s->tags_moved);
	add_number(out, "tags_same", s->tags_same);
	add_number(out, "new_blobs", s->new_blobs);
	add_number(out, "new_bytes", s->new_bytes);
	add_number(out, "old_blobs", s->old_blobs);
	add_number(out, "old_bytes", s->old_bytes);
	add_number(out, "sources_failed", s->sources_failed);
	add_number(out, "status", (uint64_t)err_exit_status(s->result));
}

static void add_image_members(struct str *out, const struct event_image *i)
{
	add_text(out, "step", i->step == IMAGE_COMPLETE ? "complete" : "planned");
	add_text(out, "name", i->name);
	add_text(out, "tag", i->tag);
	add_digest(out, "digest", &i->digest);
	add_digest(out, "old_digest", &i->old_digest);
	if (i->name)
		add_number(out, "layers", i->layers);
	add_number(out, "objects", i->objects);
	add_number(out, "bytes", i->bytes);
	add_text(out, "pull_host", i->pull_host);
}

static const char *const TYPE_NAMES[] = {
	[EVENT_LOG] = "log",           [EVENT_NOTE] = "note",
	[EVENT_WARNING] = "warning",   [EVENT_ERROR] = "error",
	[EVENT_PLAN] = "plan",         [EVENT_OBJECT] = "object",
	[EVENT_PROGRESS] = "progress", [EVENT_LINK] = "link",
	[EVENT_RETRY] = "retry",       [EVENT_STAGED] = "staged",
	[EVENT_IMAGE] = "image",       [EVENT_SUMMARY] = "summary",
	[EVENT_STAGE] = "plan",        [EVENT_STAGE_SUMMARY] = "summary",
};

void report_json_add_begin(struct str *out, const char *event)
{
	char at[UNITS_TEXT_MAX];

	(void)str_addf(out, "{\"event\":\"%s\",\"time\":\"%s\"", event, time_text_ms(now_ms(), at));
}

void report_json_begin(const char *event)
{
	AUTO_STR struct str begin = STR_INIT(1 << 10);

	report_json_add_begin(&begin, event);
	(void)fputs(str_text(&begin), stdout);
}

void report_json_text(const char *name, const char *text)
{
	AUTO_STR struct str member = STR_INIT(1 << 20);

	add_text(&member, name, text);
	(void)fputs(str_text(&member), stdout);
}

void report_json_event(struct str *out, const struct event *event)
{
	report_json_add_begin(out, TYPE_NAMES[event->type]);
	switch (event->type) {
	case EVENT_LOG:
	case EVENT_NOTE:
	case EVENT_WARNING:
		add_text(out, "message", event->message);
		break;
	case EVENT_ERROR:
		add_text(out, "message", event->message);
		add_number(out, "status", (uint64_t)err_exit_status(event->code));
		break;
	case EVENT_PLAN:
	case EVENT_OBJECT:
		add_action_members(out, event);
		break;
	case EVENT_PROGRESS:
		add_progress_members(out, &event->u.progress);
		break;
	case EVENT_LINK: /* for people: the next error tells a program */
		break;
	case EVENT_RETRY:
		add_text(out, "what", event->u.retry.what);
		add_text(out, "why", event->u.retry.why);
		add_number(out, "attempt", event->u.retry.attempt);
		add_number(out, "delay_ms", (uint64_t)event->u.retry.delay_ms);
		break;
	case EVENT_STAGED:
		add_staged_members(out, &event->u.staged);
		break;
	case EVENT_IMAGE:
		add_image_members(out, &event->u.image);
		break;
	case EVENT_SUMMARY:
		add_summary_members(out, &event->u.summary);
		break;
	case EVENT_STAGE:
		add_stage_members(out, &event->u.stage);
		break;
	case EVENT_STAGE_SUMMARY:
		add_stage_summary_members(out, &event->u.stage_summary);
		break;
	}
	(void)str_adds(out, "}\n");
}
