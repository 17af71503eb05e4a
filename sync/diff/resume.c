#include "sync/diff/resume.h"

#include "sync/diff/selection.h"
#include "sync/multipart/upload.h"
#include "sync/plan/parts.h"
#include "sync/run/root_file.h"

#include "base/cleanup.h"
#include "db/state/object.h"

#include <stdio.h>
#include <string.h>

struct probe {
	bool decided;
	enum multipart_action action;
	struct err failed; /* code ERR_NONE: it did not fail */
};

static int on_act(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	struct probe *p = m->owner;

	(void)err;
	p->decided = true;
	p->action = action;
	return 0;
}

static void on_fail(struct multipart_upload *m, const struct err *why)
{
	struct probe *p = m->owner;

	p->decided = true;
	p->failed = *why;
}

static int is_decided(void *context, struct err *err)
{
	const struct probe *p = context;

	(void)err;
	return p->decided;
}

/* Drives the upload until it says what comes next. */
static int run_probe(struct multipart_upload *m, struct probe *p, enum multipart_event event,
                     struct err *err)
{
	m->owner = p;
	m->act = on_act;
	m->fail = on_fail;
	if (multipart_upload_event(m, event, err) < 0)
		return -1;
	return dispatch_wait(&m->run->dispatch, is_decided, p, err);
}

static int plan_parts(struct sync_run *run, struct plan_item *item,
                      const struct multipart_upload *m, struct err *err)
{
	char md5[2 * MD5_BYTES + 1];

	item->verb = ACTION_RESUME;
	item->parts_there = m->there;
	item->parts_total = m->parts;
	item->send_bytes = 0;
	for (uint32_t i = 0; i < m->parts; i++) {
		const char *etag = m->etag[i] ? m->etag[i] : hex_text(m->md5[i], MD5_BYTES, md5);

		if (m->state[i] != PART_THERE)
			item->send_bytes += multipart_upload_part_bytes(m, i);
		else if (plan_part_put(&run->plan, item->id, i + 1, etag, err) < 0)
			return -1;
	}
	return plan_set(&run->plan, item, err);
}

/* The upload goes on: also the state learns what was found out about it. */
static int go_on(struct sync_run *run, struct plan_item *item, struct multipart_upload *m,
                 struct err *err)
{
	if (!sync_run_dry(run)) {
		m->row.state = MULTIPART_OPEN;
		run->journal.wrote = true;
		if (upload_update(run->db, &m->row, err) < 0)
			return -1;
	}
	return plan_parts(run, item, m, err);
}

/* Complete had its effect after all. */
static int was_finished(struct sync_run *run, struct plan_item *item, struct multipart_upload *m,
                        struct err *err)
{
	struct remote_object_row row = {.size_bytes = item->size_bytes,
	                                .digest = item->digest,
	                                .part_size_bytes = m->row.part_size_bytes,
	                                .verified_at = run->started_at,
	                                .generation = run->remote.generation + 1,
	                                .sent_by_us = 1};

	(void)snprintf(row.etag, sizeof(row.etag), "%s", m->final_etag);
	run->summary->unchanged++;
	if (journal_object(&run->journal, item->key, &row, err) < 0 ||
	    journal_upload_gone(&run->journal, m->row.id, err) < 0)
		return -1;
	return plan_drop(&run->plan, item->id, err);
}

/* Whether giving it up takes a request: multipart_next. */
static bool is_to_abort(const struct upload_row *row)
{
	return row->state != MULTIPART_CREATING && !row->adopted;
}

/* Of one that the bucket does not know any more nothing is left to abort. */
static int forget_gone(struct sync_run *run, const struct multipart_upload *m, struct err *err)
{
	if (sync_run_dry(run) && !m->facts.gone)
		run->summary->requests[REQUEST_DELETE] += is_to_abort(&m->row);
	if (sync_run_dry(run) || !m->facts.gone)
		return 0;
	run->journal.wrote = true;
	return upload_delete(run->db, m->row.id, err);
}

static int look_at(struct sync_run *run, struct plan_item *item, struct multipart_upload *m,
                   struct err *err)
{
	AUTO_CLOSE int fd = root_file_open(run->root, item->key, item->size_bytes, err);
	struct probe p = {0};

	/* A file that is gone or cut is reported when it is sent. */
	if (fd < 0)
		return 0;
	m->probing = true;
	if (multipart_upload_load_parts(m, fd, err) < 0)
		return err_scope(err) == ERR_SCOPE_OBJECT ? 0 : -1;
	if (run_probe(m, &p, MULTIPART_RESUME, err) < 0)
		return -1;
	if (p.failed.code != ERR_NONE) {
		event_log(run->sink, 1, "%s: its upload cannot be resumed: %s", item->key,
		          p.failed.message);
		return 0;
	}
	switch (p.action) {
	case MULTIPART_DO_SEND:
	case MULTIPART_DO_COMPLETE:
		return go_on(run, item, m, err);
	case MULTIPART_DO_FINISH:
		return was_finished(run, item, m, err);
	default:
		return forget_gone(run, m, err); /* it is sent anew */
	}
}

/* Whether the plan still wants these very bytes. 1 with *item, 0, -1. */
static int is_wanted(struct sync_run *run, const struct upload_row *row, struct plan_item *item,
                     struct err *err)
{
	int got = plan_find(&run->plan, row->key, item, err);

	if (got <= 0)
		return got;
	return item->state == PLAN_WAITING && digest_equal(&item->digest, &row->digest) &&
	       item->size_bytes == row->size_bytes && row->state != MULTIPART_ABORTING;
}

int resume_plan(struct sync_run *run, struct err *err)
{
	struct upload_row row = {.key = ""};
	int got = 0;

	if (run->remote.id == 0)
		return 0;
	while ((got = upload_next(run->db, run->remote.id, row.key, &row, err)) > 0) {
		struct plan_item item;
		struct multipart_upload *m;
		int wanted = is_wanted(run, &row, &item, err);

		if (wanted < 0)
			return -1;
		if (wanted == 0)
			continue;
		m = multipart_upload_new(run, &row, err);
		if (!m)
			return -1;
		wanted = look_at(run, &item, m, err);
		multipart_upload_free(m);
		if (wanted < 0)
			return -1;
	}
	return got;
}

int resume_abort(struct sync_run *run, const struct upload_row *row, struct err *err)
{
	struct probe p = {0};
	struct multipart_upload *m = multipart_upload_new(run, row, err);
	int result;

	if (!m)
		return -1;
	result = run_probe(m, &p,
	                   row->state == MULTIPART_ABORTING ? MULTIPART_RESUME : MULTIPART_ABANDON,
	                   err);
	multipart_upload_free(m);
	if (result < 0)
		return -1;
	if (p.failed.code != ERR_NONE) {
		event_warning(run->sink, "an upload of %s was not aborted: %s", row->key,
		              p.failed.message);
		*err = p.failed;
		return 0;
	}
	return journal_upload_gone(&run->journal, row->id, err) < 0 ? -1 : 1;
}

/* An object of the root that this sync is not about: its upload waits for one that is. */
static int is_left_out(struct sync_run *run, const char *key, struct err *err)
{
	int has = selection_has(run, key, err);

	return has != 0 ? (has < 0 ? -1 : 0) : object_has(run->db, key, err);
}

/*
 * One that the server refuses to abort stays there, and is not recorded any more: it would be
 * refused in each run. What a later one may be allowed to abort stays recorded.
 */
static int abandon(struct sync_run *run, const struct upload_row *row, struct err *err)
{
	int got;

	if (sync_run_dry(run)) {
		run->summary->requests[REQUEST_DELETE] += is_to_abort(row);
		return 0;
	}
	got = resume_abort(run, row, err);
	if (got != 0 || err->code != ERR_OTHER)
		return got;
	return journal_upload_gone(&run->journal, row->id, err);
}

int resume_abandon(struct sync_run *run, struct err *err)
{
	struct upload_row row = {.key = ""};
	int got;

	while ((got = upload_next(run->db, run->remote.id, row.key, &row, err)) > 0) {
		struct plan_item item;
		int wanted = is_wanted(run, &row, &item, err);

		if (wanted == 0)
			wanted = is_left_out(run, row.key, err);
		if (wanted < 0 || (wanted == 0 && abandon(run, &row, err) < 0))
			return -1;
	}
	return got;
}
