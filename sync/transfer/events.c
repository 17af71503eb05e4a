#include "sync/transfer/events.h"

#include "sync/diff/kept_tags.h"
#include "sync/documents/documents.h"
#include "sync/transfer/object.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

struct event_action events_action(const struct plan_item *item)
{
	struct event_action a;

	memset(&a, 0, sizeof(a));
	a.verb = item->verb;
	a.key = item->key;
	a.size_bytes = item->size_bytes;
	a.why = item->why;
	a.parts_there = item->parts_there;
	a.parts_total = item->parts_total;
	if (item->object_class == CLASS_TAG) {
		a.old_digest = item->old_digest;
		if (item->verb != ACTION_DELETE)
			a.new_digest = item->digest;
	}
	return a;
}

struct told {
	uint64_t sent_bytes;
	int64_t duration_ms;
	bool news;
};

static void emit(struct sync_run *run, enum event_type type, const struct plan_item *item,
                 const struct told *told)
{
	struct key_parts source;
	struct event event;

	memset(&event, 0, sizeof(event));
	event.type = type;
	event.u.action = events_action(item);
	event.u.action.sent_bytes = told->sent_bytes;
	event.u.action.duration_ms = told->duration_ms;
	event.u.action.news = told->news;
	if (item->verb == ACTION_COPY && layout_parse(&source, item->source))
		event.u.action.copy_from = source.repo;
	event_emit(run->sink, &event);
}

/* The requests that an action makes when nothing goes wrong. */
static int count_requests(struct sync_run *run, const struct plan_item *item, struct err *err)
{
	uint64_t *r = run->summary->requests;

	switch (item->verb) {
	case ACTION_REPAIR:
		r[REQUEST_HEAD]++;
		r[REQUEST_COPY]++;
		return documents_count_requests(run, item, r, err);
	case ACTION_COPY:
		r[REQUEST_COPY] += item->parts_total > 0 ? item->parts_total : 1;
		r[REQUEST_POST] += item->parts_total > 0 ? 2 : 0;
		break;
	case ACTION_DELETE:
		r[REQUEST_HEAD] += object_transfer_looks_first(item);
		r[REQUEST_DELETE]++;
		/* What it refers to must go after it: prune_plan reads it. */
		r[REQUEST_GET] += item->object_class == CLASS_MANIFEST;
		break;
	case ACTION_KEPT:
	case ACTION_HELD:
		break;
	case ACTION_UPLOAD:
	case ACTION_TAG:
	case ACTION_UPDATE:
		r[REQUEST_PUT] += item->parts_total > 0 ? item->parts_total : 1;
		r[REQUEST_POST] += item->parts_total > 0 ? 2 : 0;
		return documents_count_requests(run, item, r, err);
	case ACTION_RESUME:
		r[item->source[0] ? REQUEST_COPY : REQUEST_PUT] +=
			item->parts_total - item->parts_there;
		r[REQUEST_POST] += 1;
		break;
	}
	return 0;
}

/* What the summary says of an action that is done or, in a dry run, would be. */
static void count_object(struct event_summary *s, const struct plan_item *item)
{
	switch (item->verb) {
	case ACTION_UPLOAD:
	case ACTION_TAG:
	case ACTION_UPDATE:
		s->uploaded++;
		break;
	case ACTION_REPAIR:
		s->repaired++;
		break;
	case ACTION_RESUME:
		s->resumed++;
		break;
	case ACTION_COPY:
		s->copied++;
		break;
	case ACTION_DELETE:
		s->deleted++;
		break;
	case ACTION_KEPT:
	case ACTION_HELD:
		break;
	}
	if (item->verb == ACTION_TAG && item->there_etag[0])
		s->tags_moved++;
}

/* ---- images */

/* Where clients can pull from, if the bucket has a host of its own, and no prefix. */
static const char *pull_host(const struct sync_run *run, struct str *host)
{
	const struct endpoint *e = &run->session.endpoint;

	if (!e->virtual_host || e->prefix[0] || e->base[0] || endpoint_host(e, host) < 0)
		return NULL;
	return str_text(host);
}

static int emit_image(struct sync_run *run, enum image_step step, const struct plan_item *tag,
                      struct err *err)
{
	struct event event = {.type = EVENT_IMAGE};
	struct event_image *image = &event.u.image;
	AUTO_STR struct str host = STR_INIT(1024);
	struct plan_share share;
	struct key_parts parts;
	int result = plan_share_of(&run->plan, tag ? tag->rank : INT64_MAX, &share, err);

	if (result == 0 && tag && layout_parse(&parts, tag->key)) {
		image->name = parts.repo;
		image->tag = parts.tag;
		image->digest = tag->digest;
		image->old_digest = tag->old_digest;
		image->pull_host = pull_host(run, &host);
		result = layer_count_of(&run->layers, &tag->digest, &image->layers, err);
	}
	if (result < 0)
		return -1;
	image->step = step;
	image->objects = share.objects;
	image->bytes = step == IMAGE_PLANNED ? share.send_bytes : share.sent_bytes;
	if (image->name || image->objects > 0)
		event_emit(run->sink, &event);
	return 0;
}

/* The image that this item and those up to rank *last are for, which is told before them. */
static int plan_image(struct sync_run *run, const struct plan_item *item, int64_t *last,
                      struct err *err)
{
	struct plan_item tag;
	int got;

	if (item->rank <= *last)
		return 0;
	got = plan_next_tag(&run->plan, item->rank, &tag, err);
	*last = got > 0 ? tag.rank : INT64_MAX;
	return got < 0 ? -1 : emit_image(run, IMAGE_PLANNED, got > 0 ? &tag : NULL, err);
}

/* Whoever asks a bucket for a tag is not told its digest (T3), and takes it for sha256's. */
static void note_sha512(struct sync_run *run, const struct plan_item *item, bool *told)
{
	struct key_parts parts;

	if (*told || item->object_class != CLASS_TAG || item->verb != ACTION_TAG ||
	    item->digest.alg != DIGEST_SHA512 || !layout_parse(&parts, item->key))
		return;
	*told = true;
	event_note(
		run->sink,
		"%s:%s is named by sha512: clients cannot pull it by its tag from a bucket, only "
		"from a web server or drydock serve, which send Docker-Content-Digest",
		parts.repo, parts.tag);
}

static int plan_action(struct sync_run *run, const struct plan_item *item, struct err *err)
{
	if (sync_run_dry(run)) {
		if (count_requests(run, item, err) < 0)
			return -1;
		count_object(run->summary, item);
	}
	emit(run, EVENT_PLAN, item, &(struct told){0});
	return 0;
}

int events_plan(struct sync_run *run, struct err *err)
{
	struct plan_item item = {.rank = -1};
	bool told = false;
	int64_t last = 0;
	int got;

	while ((got = plan_after_rank(&run->plan, item.rank, &item, err)) > 0) {
		if (plan_image(run, &item, &last, err) < 0 || plan_action(run, &item, err) < 0)
			return -1;
		note_sha512(run, &item, &told);
	}
	if (got < 0)
		return -1;
	item.id = 0;
	while ((got = plan_after(&run->plan, CLASS_NONE, PLAN_REMOVAL, item.id, &item, err)) > 0)
		if (plan_action(run, &item, err) < 0)
			return -1;
	if (got < 0)
		return -1;
	item.id = 0;
	while ((got = plan_after(&run->plan, CLASS_NONE, PLAN_REPORT_ONLY, item.id, &item, err)) >
	       0) {
		int news = kept_tags_is_news(run, &item, err);

		if (news < 0)
			return -1;
		emit(run, EVENT_PLAN, &item, &(struct told){.news = news > 0});
	}
	return got;
}

void events_object(struct sync_run *run, const struct plan_item *item, uint64_t sent_bytes,
                   int64_t duration_ms)
{
	struct err err = ERR_INIT;
	bool is_tag = item->object_class == CLASS_TAG && item->verb == ACTION_TAG;

	count_object(run->summary, item);
	emit(run, EVENT_OBJECT, item, &(struct told){sent_bytes, duration_ms, false});
	if ((sent_bytes > 0 && plan_note_sent(&run->plan, item->id, sent_bytes, &err) < 0) ||
	    (is_tag && emit_image(run, IMAGE_COMPLETE, item, &err) < 0))
		dispatch_fail(&run->dispatch, &err);
}

static void hold(struct sync_run *run, enum event_type type, const struct plan_item *item,
                 const char *why)
{
	struct plan_item held = *item;

	held.verb = ACTION_HELD;
	(void)snprintf(held.why, sizeof(held.why), "%s", why);
	run->summary->held++;
	emit(run, type, &held, &(struct told){0});
}

void events_held(void *run, const struct plan_item *item)
{
	hold(run, EVENT_OBJECT, item, "something it needs has failed");
}

void events_moved(struct sync_run *run, const struct plan_item *item)
{
	hold(run, EVENT_PLAN, item, "moved in the bucket meanwhile; --force-tag sends ours");
}

void events_summary(struct sync_run *run, enum err_code result)
{
	struct event_summary *s = run->summary;
	const uint64_t *sent = run->session.s3 ? s3_request_counts(run->session.s3) : NULL;
	struct event event;

	for (int i = 0; sent && i < REQUEST_KINDS; i++)
		s->requests[i] += sent[i];
	s->dry_run = sync_run_dry(run);
	s->bytes_sent = run->dispatch.body_bytes;
	s->retries = run->dispatch.retries;
	s->duration_ms = monotonic_ms() - run->started_ms;
	s->result = result;
	memset(&event, 0, sizeof(event));
	event.type = EVENT_SUMMARY;
	event.u.summary = *s;
	event_emit(run->sink, &event);
}
