#include "sync/multipart/upload.h"

#include "sync/run/root_file.h"
#include "sync/s3/etag_meaning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS_MAX = 64,   /* turns of one upload's state machine before it is given up */
	REFUSALS = 2,      /* M3: a Complete that answers 5xx twice */
	CLOCK_SLACK_S = 2, /* Date and Initiated have whole seconds */
};

/* ---- answers */

static void next_event(struct multipart_upload *m, enum multipart_event event)
{
	struct err err = ERR_INIT;

	if (multipart_upload_event(m, event, &err) < 0)
		dispatch_fail(&m->run->dispatch, &err);
}

static void fail_by(struct multipart_upload *m, const struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct err err = ERR_INIT;

	(void)dispatch_error(&m->run->dispatch, result, decision, &err);
	m->fail(m, &err);
}

/* What follows answers a failure: later, and counted together with it. */
static void note_failure(struct multipart_upload *m, const struct retry_decision *decision)
{
	m->failing = true;
	m->after = *decision;
}

static bool says_gone(const struct s3_result *result)
{
	return result->status == 404 && (strcmp(result->fault.code, "NoSuchUpload") == 0 ||
	                                 strcmp(result->fault.code, "NoSuchKey") == 0);
}

static void on_created(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;

	if (result->ok) {
		(void)snprintf(m->row.upload_id, sizeof(m->row.upload_id), "%s",
		               result->receipt.upload_id);
		m->failing = false;
		next_event(m, MULTIPART_CREATED);
	} else if (decision->action == RETRY_SEND || decision->action == RETRY_LOOK) {
		note_failure(m, decision);
		next_event(m, MULTIPART_LOST);
	} else {
		fail_by(m, result, decision);
	}
}

/* M3: exactly one upload of the key that was initiated after the intent. */
static void on_uploads(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;

	if (!result->ok) {
		fail_by(m, result, decision);
		return;
	}
	for (size_t i = 0; i < result->uploads->count; i++) {
		const struct s3_upload *u = &result->uploads->uploads[i];

		if (strcmp(u->key, m->row.key) != 0 ||
		    u->initiated_at_ms / 1000 < m->row.created_at - CLOCK_SLACK_S)
			continue;
		if (m->found++ == 0)
			(void)snprintf(m->row.upload_id, sizeof(m->row.upload_id), "%s", u->id);
	}
	/* More pages hold other keys, or so many uploads of this one that none is surely ours. */
	if (m->found == 1 && !result->uploads->truncated) {
		m->row.adopted = 1;
		m->facts.adopted = true;
		next_event(m, MULTIPART_FOUND_ONE);
	} else {
		m->row.upload_id[0] = '\0';
		next_event(m, MULTIPART_FOUND_NONE);
	}
}

static int note_part(struct multipart_upload *m, const struct s3_part *part, struct err *err)
{
	char recorded[UPLOAD_ETAG_MAX];
	uint32_t index = part->number - 1;
	int got;

	if (part->number == 0 || part->number > m->parts) {
		m->foreign = true;
		return 0;
	}
	if (part->size_bytes == multipart_upload_part_bytes(m, index)) {
		if (multipart_upload_is_part_md5(m, index, part->etag))
			return multipart_upload_part_there(m, index, part->etag, err);
		got = m->row.id
		              ? upload_part_etag(m->run->db, m->row.id, part->number, recorded, err)
		              : 0;
		if (got < 0)
			return -1;
		if (got > 0 && etag_same(recorded, part->etag))
			return multipart_upload_part_there(m, index, part->etag, err);
	}
	m->foreign = m->foreign || m->facts.adopted; /* ours: it is simply sent again */
	return 0;
}

static void ask_parts(struct multipart_upload *m, uint32_t marker);

/*
 * What cannot be read is no reason to abort an upload: its parts are those that the server has
 * answered for. Complete tells if one is missing.
 */
static void take_recorded_parts(struct multipart_upload *m)
{
	char etag[UPLOAD_ETAG_MAX];
	struct err err = ERR_INIT;
	int got = 0;

	multipart_upload_forget_parts(m);
	for (uint32_t i = 0; i < m->parts && m->row.id && got >= 0; i++) {
		got = upload_part_etag(m->run->db, m->row.id, i + 1, etag, &err);
		if (got > 0)
			got = multipart_upload_part_there(m, i, etag, &err);
	}
	if (got < 0)
		dispatch_fail(&m->run->dispatch, &err);
	else
		next_event(m, m->there == m->parts ? MULTIPART_PARTS_ALL : MULTIPART_PARTS_OURS);
}

static void on_parts(struct task *task, struct s3_result *result,
                     const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;
	struct err err = ERR_INIT;

	if (!result->ok && says_gone(result)) {
		m->facts.gone = true;
		next_event(m, MULTIPART_GONE);
		return;
	}
	if (!result->ok && strcmp(result->fault.code, S3_CODE_MALFORMED) == 0) {
		take_recorded_parts(m);
		return;
	}
	if (!result->ok) {
		fail_by(m, result, decision);
		return;
	}
	for (size_t i = 0; i < result->parts->count; i++)
		if (note_part(m, &result->parts->parts[i], &err) < 0) {
			dispatch_fail(&m->run->dispatch, &err);
			return;
		}
	if (result->parts->truncated) {
		ask_parts(m, result->parts->next_marker);
		return;
	}
	if (m->foreign)
		next_event(m, MULTIPART_PARTS_FOREIGN);
	else
		next_event(m, m->there == m->parts ? MULTIPART_PARTS_ALL : MULTIPART_PARTS_OURS);
}

/* By the token this upload made what is there. */
static bool is_ours(const struct multipart_upload *m, const struct s3_result *result)
{
	return result->ok && result->head.size_bytes == m->row.size_bytes &&
	       result->head.meta_token && strcmp(result->head.meta_token, m->row.token) == 0;
}

/* A server that makes something else of the parts, which the next sync would know the bytes by. */
static bool is_whole(const struct multipart_upload *m, const char *etag)
{
	struct err ignored = ERR_INIT;
	uint64_t part_bytes;

	return root_file_has_etag(m->run->root, m->row.key, m->row.size_bytes, etag, &part_bytes,
	                          &ignored) > 0;
}

static bool has_our_bytes(const struct multipart_upload *m, const struct s3_result *result)
{
	if (!result->ok || result->head.size_bytes != m->row.size_bytes)
		return false;
	return etag_same(result->head.etag, m->expected) || is_whole(m, result->head.etag) ||
	       (is_ours(m, result) && etag_meaning(sync_run_provider(m->run), result->head.etag,
	                                           &result->head) == ETAG_IS_OPAQUE);
}

/* U3: the server made other bytes of the parts that it took, or names them otherwise. */
static void fail_other_etag(struct multipart_upload *m, const char *etag)
{
	struct err why = ERR_INIT;

	(void)err_set(&why, ERR_INTEGRITY,
	              "%s: the server gave it ETag %s where %s was expected; if its ETags are no "
	              "MD5s, name it with --provider",
	              m->row.key, etag, m->expected);
	m->fail(m, &why);
}

static void on_head(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;

	if (has_our_bytes(m, result)) {
		(void)snprintf(m->final_etag, sizeof(m->final_etag), "%s", result->head.etag);
		next_event(m, MULTIPART_HEAD_MATCH);
	} else if (is_ours(m, result)) {
		fail_other_etag(m, result->head.etag);
	} else if (result->ok || result->status == 404) {
		next_event(m, MULTIPART_HEAD_OTHER);
	} else {
		fail_by(m, result, decision);
	}
}

static void on_completed(struct task *task, struct s3_result *result,
                         const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;

	if (result->ok) {
		(void)snprintf(m->final_etag, sizeof(m->final_etag), "%s", result->receipt.etag);
		next_event(m, etag_same(result->receipt.etag, m->expected) ? MULTIPART_COMPLETED
		                                                           : MULTIPART_UNCERTAIN);
	} else if (says_gone(result)) {
		m->facts.gone = true;
		next_event(m, MULTIPART_GONE);
	} else if (decision->action == RETRY_LOOK) {
		bool answered = !decision->link_down;

		note_failure(m, decision);
		next_event(m, answered && ++m->refused % REFUSALS == 0 ? MULTIPART_REFUSED_TWICE
		                                                       : MULTIPART_LOST);
	} else if (decision->action == RETRY_RESTART) {
		(void)dispatch_error(&m->run->dispatch, result, decision, &m->why);
		m->why.code = ERR_OTHER; /* of the second time, after all was sent anew */
		note_failure(m, decision);
		next_event(m, MULTIPART_PARTS_REFUSED);
	} else {
		fail_by(m, result, decision);
	}
}

void multipart_upload_warn_left(const struct multipart_upload *m, const struct err *why)
{
	event_warning(m->run->sink,
	              "an upload of %s stays in the bucket, as it was not aborted: %s", m->row.key,
	              why->message);
}

static void on_aborted(struct task *task, struct s3_result *result,
                       const struct retry_decision *decision)
{
	struct multipart_upload *m = task->owner;

	if (result->ok || result->status == 404) {
		next_event(m, MULTIPART_ABORTED);
	} else if (m->facts.wanted && !m->facts.anew && decision->code != ERR_TEMPORARY) {
		struct err why = ERR_INIT;

		/* Who may not abort may send still. */
		(void)dispatch_error(&m->run->dispatch, result, decision, &why);
		multipart_upload_warn_left(m, &why);
		next_event(m, MULTIPART_ABORTED);
	} else {
		fail_by(m, result, decision);
	}
}

/* ---- actions */

static void submit(struct multipart_upload *m)
{
	struct retry_decision after = m->after;

	m->after = (struct retry_decision){.action = RETRY_NONE};
	if (m->failing)
		dispatch_follow(&m->run->dispatch, &m->task, &after);
	else
		dispatch_submit(&m->run->dispatch, &m->task);
}

static int ask(struct multipart_upload *m, enum s3_op op, task_done_fn *done)
{
	struct s3_request *r = &m->task.request;
	uint32_t marker = r->part_number;

	memset(r, 0, sizeof(*r));
	r->op = op;
	r->key = m->row.key;
	r->upload_id = m->row.upload_id;
	r->part_number = op == S3_LIST_PARTS ? marker : 0;
	m->task.done = done;
	m->task.return_lost = op == S3_CREATE_UPLOAD;
	submit(m);
	return 0;
}

static void ask_parts(struct multipart_upload *m, uint32_t marker)
{
	m->task.request.part_number = marker;
	(void)ask(m, S3_LIST_PARTS, on_parts);
}

static int list_uploads(struct multipart_upload *m)
{
	m->found = 0;
	(void)ask(m, S3_LIST_UPLOADS, on_uploads);
	m->task.request.prefix = m->row.key;
	m->task.request.key = NULL;
	m->task.request.upload_id = NULL;
	return 0;
}

static int list_parts(struct multipart_upload *m)
{
	multipart_upload_forget_parts(m);
	m->foreign = false;
	ask_parts(m, 0);
	return 0;
}

/* The intent, in the state before the request. */
static int record(struct multipart_upload *m, struct err *err)
{
	if (m->probing)
		return 0;
	if (journal_flush(&m->run->journal, err) < 0)
		return -1;
	m->run->journal.wrote = true;
	return upload_update(m->run->db, &m->row, err);
}

static int create(struct multipart_upload *m, struct err *err)
{
	multipart_upload_forget_parts(m);
	m->facts = (struct multipart_facts){.wanted = m->facts.wanted, .anew = m->begun};
	m->row.upload_id[0] = '\0';
	m->row.adopted = 0;
	m->row.created_at = dispatch_server_now(&m->run->dispatch);
	if (journal_flush(&m->run->journal, err) < 0 ||
	    upload_put(m->run->db, m->run->remote.id, &m->row, err) < 0)
		return -1;
	m->run->journal.wrote = true;
	(void)ask(m, S3_CREATE_UPLOAD, on_created);
	m->task.request.upload_id = NULL;
	m->task.request.attributes = m->headers->s3;
	return 0;
}

static int complete(struct multipart_upload *m, struct err *err)
{
	char(*texts)[2 * MD5_BYTES + 1];

	if (record(m, err) < 0)
		return -1;
	m->begun = true;
	free(m->complete);
	m->complete = malloc(m->parts * (sizeof(*m->complete) + sizeof(*texts)));
	if (!m->complete)
		return err_memory(err);
	texts = (char(*)[2 * MD5_BYTES + 1])(m->complete + m->parts);
	for (uint32_t i = 0; i < m->parts; i++) {
		m->complete[i].number = i + 1;
		m->complete[i].etag =
			m->etag[i] ? m->etag[i] : hex_text(m->md5[i], MD5_BYTES, texts[i]);
	}
	m->facts.parts_known = true;
	(void)ask(m, S3_COMPLETE, on_completed);
	m->task.request.parts = m->complete;
	m->task.request.part_count = m->parts;
	return 0;
}

/* What a probing one leaves to the run that follows it. */
static bool is_for_later(enum multipart_action action)
{
	return action == MULTIPART_DO_CREATE || action == MULTIPART_DO_COMPLETE ||
	       action == MULTIPART_DO_ABORT;
}

static int act(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	if (m->probing && is_for_later(action))
		return m->act(m, action, err);
	switch (action) {
	case MULTIPART_DO_CREATE:
		return create(m, err);
	case MULTIPART_DO_COMPLETE:
		return complete(m, err);
	case MULTIPART_DO_ABORT:
		return record(m, err) < 0 ? -1 : ask(m, S3_ABORT, on_aborted);
	case MULTIPART_DO_LIST_UPLOADS:
		return list_uploads(m);
	case MULTIPART_DO_LIST_PARTS:
		return list_parts(m);
	case MULTIPART_DO_HEAD:
		return ask(m, S3_HEAD, on_head);
	case MULTIPART_DO_SEND:
		m->begun = true;
		return record(m, err) < 0 ? -1 : m->act(m, action, err);
	case MULTIPART_DO_FINISH:
	case MULTIPART_DO_FORGET:
		return m->act(m, action, err);
	case MULTIPART_DO_NOTHING:
		break;
	}
	return 0;
}

int multipart_upload_event(struct multipart_upload *m, enum multipart_event event, struct err *err)
{
	struct multipart_step step =
		multipart_next((enum multipart_state)m->row.state, event, m->facts);

	if (++m->rounds > ROUNDS_MAX) {
		struct err why = ERR_INIT;

		(void)err_set(&why, ERR_TEMPORARY,
		              "%s: the multipart upload does not come to an end (%s); run again",
		              m->row.key, multipart_state_name((enum multipart_state)m->row.state));
		m->fail(m, &why);
		return 0;
	}
	m->row.state = (int)step.state;
	return act(m, step.action, err);
}

int multipart_upload_part_arrived(struct multipart_upload *m, uint32_t index, const char *etag,
                                  struct err *err)
{
	if (multipart_upload_part_there(m, index, etag, err) < 0 ||
	    journal_part(&m->run->journal, m->row.id, index + 1,
	                 multipart_upload_part_bytes(m, index), m->md5[index], etag, err) < 0)
		return -1;
	return m->there == m->parts ? multipart_upload_event(m, MULTIPART_ALL_SENT, err) : 0;
}
