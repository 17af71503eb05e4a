#include "sync/transfer/transfer.h"

#include "sync/diff/resume.h"
#include "sync/documents/documents.h"
#include "sync/plan/edges.h"
#include "sync/transfer/events.h"
#include "sync/transfer/object.h"

#include "base/units.h"

#include <inttypes.h>
#include <string.h>

enum {
	PROGRESS_MS = 200,
	DRAIN_MS = 3000,      /* F6: finish or drop what is under way within 5 s */
	OVERTIME_PART = 4,    /* of --max-duration, for bodies that are all but there */
	COPIED_PARTS_MAX = 4, /* of one object in flight: the link is left to what needs it */
};

struct transfer {
	struct sync_run *run;
	struct object_transfer *active; /* owned list, oldest first */
	uint64_t done_bytes;            /* of objects that ended */
	uint64_t objects_done, objects_total;
	uint64_t started_bytes; /* bodies that were begun, for --max-transfer … */
	uint64_t next_bytes;    /* … and the one that was not */
	int64_t progress_at_ms;
	bool full; /* --max-transfer is reached: nothing new is begun */
};

static void add(struct transfer *t, struct object_transfer *s)
{
	struct object_transfer **at = &t->active;

	while (*at)
		at = &(*at)->next;
	s->next = NULL;
	*at = s;
}

/* --max-transfer: whether a body of this size may still be begun. */
static bool may_begin(struct transfer *t, uint64_t bytes)
{
	uint64_t max = t->run->options->max_transfer_bytes;

	if (max == 0 || bytes == 0)
		return true;
	if (t->started_bytes + bytes > max) {
		t->full = true;
		t->next_bytes = bytes;
		return false;
	}
	t->started_bytes += bytes;
	return true;
}

/* It was begun as one body, though it goes in parts now. */
static bool was_counted(const struct object_transfer *s)
{
	return s->item.parts_total == 0 && s->item.send_bytes > 0;
}

/* What was begun goes in full, unless the link makes it go more than once. */
static bool sent_too_much(const struct transfer *t)
{
	uint64_t max = t->run->options->max_transfer_bytes;

	return max > 0 && t->run->dispatch.body_bytes > max;
}

static int max_transfer_reached(const struct transfer *t, struct err *err)
{
	char next[UNITS_TEXT_MAX];

	if (t->started_bytes > 0 || !t->full)
		return err_set(err, ERR_MAX_TRANSFER, "--max-transfer reached; run again to go on");
	return err_set(err, ERR_MAX_TRANSFER,
	               "--max-transfer is less than what must be sent in one piece: give at least "
	               "%" PRIu64 " (%s)",
	               t->next_bytes, size_text(t->next_bytes, next));
}

/* The oldest object that has parts to send. *opening counts those that soon will have. */
static struct object_transfer *next_with_parts(const struct transfer *t, unsigned *opening)
{
	struct object_transfer *first = NULL;

	*opening = 0;
	for (struct object_transfer *s = t->active; s; s = s->next) {
		const struct multipart_upload *m = object_transfer_upload(s);
		bool copies = object_transfer_copies_parts(s);

		if (!first && object_transfer_has_parts(s) &&
		    (!copies || m->flying < COPIED_PARTS_MAX))
			first = s;
		if (m && s->state == OBJECT_TRANSFER_UNDER_WAY && !copies &&
		    m->there + m->flying < m->parts)
			++*opening;
	}
	return first;
}

/* Begins the next item. 1, 0 when none is ready, -1. */
static int begin_item(struct transfer *t, enum plan_want want, bool ahead, struct err *err)
{
	struct plan_item item;
	struct object_transfer *s;
	int got = plan_take(&t->run->plan, want, &item, err);

	if (got <= 0)
		return got;
	if (item.verb == ACTION_HELD) /* it has failed before: opaque_etags.h */
		return plan_fail(&t->run->plan, item.id, events_held, t->run, err) < 0 ? -1 : 1;
	if (item.parts_total == 0 && !may_begin(t, item.send_bytes))
		return 0;
	switch (documents_before(t->run, &item, err)) {
	case DOCUMENT_MUST_GO:
		break;
	case DOCUMENT_IS_RIGHT:
		return plan_done(&t->run->plan, item.id, err) < 0 ? -1 : 1;
	case DOCUMENT_IS_HELD:
		events_held(t->run, &item);
		return plan_fail(&t->run->plan, item.id, events_held, t->run, err) < 0 ? -1 : 1;
	case DOCUMENT_ERROR:
		if (sync_run_ends_with(t->run, err))
			return -1;
		sync_run_object_failed(t->run, err);
		return plan_fail(&t->run->plan, item.id, events_held, t->run, err) < 0 ? -1 : 1;
	}
	s = object_transfer_start(t->run, &item, ahead, err);
	if (!s)
		return -1;
	add(t, s);
	return 1;
}

/* Its list names it still, and goes next: nothing gets in line before that. */
static bool removes_a_tag(const struct transfer *t)
{
	for (const struct object_transfer *s = t->active; s; s = s->next)
		if (s->item.object_class == CLASS_TAG && s->item.verb == ACTION_DELETE)
			return true;
	return false;
}

/* Begins as much as may be in flight, and small ones that go out when one of these is answered. */
static int fill(struct transfer *t, struct err *err)
{
	struct dispatch *d = &t->run->dispatch;
	int began = 1;

	while (began > 0 && !t->full) {
		unsigned opening, heavy = dispatch_room(d, TASK_HEAVY);
		struct object_transfer *s = next_with_parts(t, &opening);
		enum plan_want want = opening == 0 && heavy > 0 ? PLAN_ANY : PLAN_LIGHT_ONLY;

		bool copies = s && object_transfer_copies_parts(s);

		began = 0;
		if (s && (copies ? dispatch_room(d, TASK_LIGHT) : heavy) > 0) {
			const struct multipart_upload *m = object_transfer_upload(s);

			if (!copies && !was_counted(s) &&
			    !may_begin(t, multipart_upload_part_bytes(m, m->next)))
				break;
			began = object_transfer_part(s, err);
		} else if (dispatch_room(d, TASK_LIGHT) > 0) {
			began = begin_item(t, want, false, err);
		} else if (!s && opening == 0 && dispatch_room_ahead(d) > 0 && !removes_a_tag(t)) {
			began = begin_item(t, PLAN_LIGHT_IN_TURN, true, err);
		}
	}
	return began < 0 ? -1 : 0;
}

/* ---- ends */

/* What became of its last request is not known, and no upload in the state leads to it. */
static bool is_unsure(const struct object_transfer *s)
{
	const struct multipart_upload *m = object_transfer_upload(s);

	if (s->state != OBJECT_TRANSFER_UNDER_WAY)
		return s->state == OBJECT_TRANSFER_FAILED && s->why.code == ERR_TEMPORARY;
	return s->task.changes_sent || (m && m->row.state == MULTIPART_COMPLETING);
}

static int end_failed(struct transfer *t, struct object_transfer *s, struct err *err)
{
	const struct multipart_upload *m = object_transfer_upload(s);

	if (is_unsure(s))
		t->run->note = NOTE_STAYS;
	sync_run_object_failed(t->run, &s->why);
	/* Bytes that are rotten here will never complete it. Any other failure may pass. */
	if (m && s->why.code == ERR_INTEGRITY && m->row.id > 0 &&
	    (journal_flush(&t->run->journal, err) < 0 || resume_abort(t->run, &m->row, err) < 0))
		return -1;
	return plan_fail(&t->run->plan, s->item.id, events_held, t->run, err);
}

static int end_moved(struct transfer *t, struct object_transfer *s, struct err *err)
{
	events_moved(t->run, &s->item);
	return plan_fail(&t->run->plan, s->item.id, events_held, t->run, err);
}

static int end_done(struct transfer *t, struct object_transfer *s, struct err *err)
{
	if (s->state == OBJECT_TRANSFER_DONE) {
		t->objects_done++;
		t->done_bytes += s->item.send_bytes;
	}
	events_object(t->run, &s->item, s->sent_bytes, monotonic_ms() - s->started_ms);
	return plan_done(&t->run->plan, s->item.id, err);
}

/* W2, W4: another root wrote the list meanwhile, or what belongs on it. Sent again if it lacks any.
 */
static int end_list(struct transfer *t, struct object_transfer *s, struct err *err)
{
	struct plan_item item = s->item;
	const char *written = s->state == OBJECT_TRANSFER_DONE ? s->etag : "";
	enum document_verdict verdict = documents_merge(t->run, &item, written, s->now, err);

	if (verdict == DOCUMENT_ERROR && !sync_run_ends_with(t->run, err)) {
		s->why = *err;
		return end_failed(t, s, err);
	}
	if (verdict != DOCUMENT_MUST_GO)
		return verdict == DOCUMENT_ERROR ? -1 : end_done(t, s, err);
	switch (plan_again(&t->run->plan, &item, err)) {
	case PLAN_AGAIN_ERROR:
		return -1;
	case PLAN_AGAIN_READY:
		return 0;
	case PLAN_AGAIN_TOO_OFTEN:
		break;
	}
	(void)err_set(&s->why, ERR_TEMPORARY,
	              "%s: after each of %d times it was written the bucket held something else; "
	              "the next sync completes it",
	              item.key, PLAN_AGAIN_MAX);
	return end_failed(t, s, err);
}

/* Whether the bucket must be asked, before it is known that this list is right. */
static bool must_look(const struct transfer *t, const struct object_transfer *s)
{
	return s->state == OBJECT_TRANSFER_CONFLICT ||
	       (s->state == OBJECT_TRANSFER_DONE && documents_must_check(t->run, &s->item));
}

/* 1 when the object has come to its end, 0 not yet, -1. */
static int end(struct transfer *t, struct object_transfer *s, struct err *err)
{
	int got;

	if (s->state == OBJECT_TRANSFER_FAILED)
		return end_failed(t, s, err) < 0 ? -1 : 1;
	if (s->state == OBJECT_TRANSFER_HELD)
		return end_moved(t, s, err) < 0 ? -1 : 1;
	if (!s->now && !must_look(t, s))
		return end_done(t, s, err) < 0 ? -1 : 1;
	if (!s->now) {
		s->now = current_document_start(t->run, &s->item, err);
		return s->now ? 0 : -1;
	}
	got = current_document_advance(s->now, err);
	if (got < 0 && !sync_run_ends_with(t->run, err)) {
		s->why = *err;
		return end_failed(t, s, err) < 0 ? -1 : 1;
	}
	if (got < 0)
		return -1;
	if (got == 0)
		return 0;
	return end_list(t, s, err) < 0 ? -1 : 1;
}

static int reap(struct transfer *t, struct err *err)
{
	struct object_transfer **at = &t->active;

	while (*at) {
		struct object_transfer *s = *at;
		int ended = object_transfer_is_over(s) ? end(t, s, err) : 0;

		if (ended < 0)
			return -1;
		if (ended == 0) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		object_transfer_free(s);
	}
	return 0;
}

/* ---- progress */

/* What the server has of the bytes that must be sent for the object. */
static uint64_t arrived(const struct transfer *t, const struct object_transfer *s)
{
	uint64_t there = s->arrived_bytes + dispatch_flying_bytes(&t->run->dispatch, s->item.key);

	/* More than all of it: a copy that had to be sent after all. */
	if (s->state == OBJECT_TRANSFER_DONE || there > s->item.send_bytes)
		return s->item.send_bytes;
	return there;
}

static void say_progress(struct transfer *t)
{
	int64_t now = monotonic_ms();
	struct event event = {.type = EVENT_PROGRESS};
	struct event_progress *p = &event.u.progress;

	if (now - t->progress_at_ms < PROGRESS_MS)
		return;
	t->progress_at_ms = now;
	p->phase = PHASE_SENDING;
	p->total_done_bytes = t->done_bytes;
	for (const struct object_transfer *s = t->active; s; s = s->next)
		p->total_done_bytes += arrived(t, s);
	p->total_bytes = t->run->summary->bytes_total;
	p->objects_done = t->objects_done;
	p->objects_total = t->objects_total;
	event_emit(t->run->sink, &event);
	for (const struct object_transfer *s = t->active; s; s = s->next) {
		if (s->task.ahead)
			continue; /* not begun yet */
		p->key = s->item.key;
		p->size_bytes = s->item.size_bytes;
		p->done_bytes = s->item.size_bytes - s->item.send_bytes + arrived(t, s);
		event_emit(t->run->sink, &event);
	}
}

/* ---- the loop */

/* With nothing under way, each must be over: one that is not would be waited for without end. */
static int check_ends(const struct transfer *t, struct err *err)
{
	for (const struct object_transfer *s = t->active; s; s = s->next)
		if (!object_transfer_is_over(s))
			return err_set(err, ERR_BUG, "%s: its transfer neither goes on nor ends",
			               s->item.key);
	return 0;
}

static int pump(struct transfer *t, struct err *err)
{
	do {
		bool idle;

		if (fill(t, err) < 0)
			return -1;
		if (!t->active) {
			int broken = t->full ? 0 : plan_break_circles(&t->run->plan, err);

			if (broken <= 0)
				return broken;
			continue;
		}
		if (t->full && dispatch_idle(&t->run->dispatch))
			return reap(t, err); /* what failed before it sent anything */
		idle = dispatch_idle(&t->run->dispatch);
		if (dispatch_step(&t->run->dispatch, err) < 0 || (idle && check_ends(t, err) < 0) ||
		    reap(t, err) < 0 || journal_tick(&t->run->journal, err) < 0)
			return -1;
		if (sent_too_much(t))
			return max_transfer_reached(t, err);
		say_progress(t);
	} while (true);
}

static void free_active(struct transfer *t)
{
	while (t->active) {
		struct object_transfer *s = t->active;

		t->active = s->next;
		if (is_unsure(s))
			t->run->note = NOTE_STAYS;
		object_transfer_free(s);
	}
}

/*
 * How long a body may take that is all but there. Dropped, it would go again from its first byte;
 * but where the time that was given is over, it is not to become much more.
 */
static int64_t bodies_ms(const struct transfer *t, const struct err *why)
{
	int64_t most = t->run->options->max_duration_ms / OVERTIME_PART;

	return why->code == ERR_MAX_DURATION && most < DRAIN_MS ? most : DRAIN_MS;
}

/* The run ends early: keep what still arrives, for a moment, and what has arrived. */
static void wind_up(struct transfer *t, const struct err *why)
{
	bool patient = why->code == ERR_INTERRUPTED || why->code == ERR_MAX_DURATION;
	struct err ignored = ERR_INIT;

	dispatch_drain(&t->run->dispatch, patient ? DRAIN_MS : 0, bodies_ms(t, why));
	for (struct object_transfer *s = t->active; s; s = s->next)
		if (s->state == OBJECT_TRANSFER_DONE)
			events_object(t->run, &s->item, s->sent_bytes,
			              monotonic_ms() - s->started_ms);
	/* A disk that ended the run will be told of. */
	if (journal_flush(&t->run->journal, &ignored) < 0 && why->code != ERR_STORAGE)
		event_error(t->run->sink, &ignored);
	free_active(t);
}

int transfer_run(struct sync_run *run, struct err *err)
{
	struct transfer t = {.run = run};
	struct plan_totals totals;

	if (plan_totals(&run->plan, &totals, err) < 0 || plan_start(&run->plan, err) < 0)
		return -1;
	t.objects_total = totals.objects;
	if (pump(&t, err) < 0) {
		wind_up(&t, err);
		return -1;
	}
	free_active(&t);
	if (journal_flush(&run->journal, err) < 0)
		return -1;
	return t.full ? max_transfer_reached(&t, err) : 0;
}
