/*
 * The kind of object.h that sends an object in the parts of a multipart upload, or has the server
 * copy them. An upload of an earlier run that is of no use is aborted before (M4).
 */
#include "sync/transfer/object_internal.h"

#include "sync/plan/parts.h"
#include "sync/run/root_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_upload(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	struct object_transfer *t = m->owner;

	if (action != MULTIPART_DO_FINISH && action != MULTIPART_DO_FORGET)
		return 0; /* DO_SEND: the pump takes parts from now on */
	if (journal_upload_gone(&t->run->journal, m->row.id, err) < 0)
		return -1;
	if (action == MULTIPART_DO_FINISH) {
		object_transfer_done(t, m->final_etag, m->row.part_size_bytes);
		return 0;
	}
	if (m->why.code == ERR_NONE)
		(void)err_set(&m->why, ERR_TEMPORARY,
		              "%s: the server dropped the upload of it twice; run again",
		              t->item.key);
	object_transfer_fail(t, &m->why);
	return 0;
}

static void on_upload_failed(struct multipart_upload *m, const struct err *why)
{
	object_transfer_fail(m->owner, why);
}

/* One part that is on its way. */
struct part_send {
	struct task task;
	struct object_transfer *t; /* borrowed */
	struct part_send *next;    /* in t->parts.flying */
	uint32_t index;
	uint8_t sha256[SHA256_BYTES];
};

static void drop_part(struct part_send *p)
{
	struct part_send **at = &p->t->parts.flying;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p);
}

/*
 * The upload is gone. Parts of it that are still flying would be taken for parts of the next one,
 * so that is begun when the last of them is back.
 */
static void begin_anew(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	if (t->state != OBJECT_TRANSFER_UNDER_WAY || !t->parts.gone || t->parts.flying)
		return;
	t->parts.gone = false;
	t->arrived_bytes = 0;
	if (multipart_upload_event(t->parts.upload, MULTIPART_GONE, &err) < 0)
		dispatch_fail(&t->run->dispatch, &err);
}

/* The server cannot copy (from) it, or its copy is not what it must be: the bytes are here too. */
static void stop_copying(struct object_transfer *t, const char *why)
{
	if (!t->parts.copied)
		return;
	event_log(t->run->sink, 1, "%s: parts not copied from %s (%s); sending them", t->item.key,
	          t->item.source, why);
	t->parts.copied = false;
	if (t->item.verb == ACTION_COPY)
		t->item.verb = ACTION_UPLOAD;
}

static bool is_copy(const struct part_send *p)
{
	return p->task.request.op == S3_COPY_PART;
}

static void on_part_failed(struct part_send *p, struct s3_result *result,
                           const struct retry_decision *decision)
{
	struct object_transfer *t = p->t;
	struct multipart_upload *m = t->parts.upload;
	bool copied = is_copy(p);

	if (!copied && decision->action == RETRY_REHASH &&
	    object_transfer_still_whole(t, p->index * m->row.part_size_bytes,
	                                multipart_upload_part_bytes(m, p->index), HASH_MD5,
	                                m->md5[p->index])) {
		dispatch_again(&t->run->dispatch, &p->task);
		return;
	}
	multipart_upload_part_lost(m, p->index);
	drop_part(p);
	if (decision->action == RETRY_RESTART)
		t->parts.gone = true;
	else if (copied)
		stop_copying(t, result->fault.code);
	else if (t->state == OBJECT_TRANSFER_UNDER_WAY)
		object_transfer_fail_by(t, result, decision);
	begin_anew(t);
}

/* The server took, or made, a part that is not ours by its ETag. */
static void on_other_part(struct part_send *p, const char *etag, const char *expected)
{
	struct object_transfer *t = p->t;

	if (!is_copy(p) && object_transfer_mismatch(t, &p->task, etag, expected))
		return;
	multipart_upload_part_lost(t->parts.upload, p->index);
	drop_part(p);
	stop_copying(t, "its bytes are others"); /* nothing, where it was sent */
	begin_anew(t);
}

static void on_part(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct part_send *p = task->owner;
	struct object_transfer *t = p->t;
	struct err err = ERR_INIT;
	char expected[2 * MD5_BYTES + 1];
	const char *etag;
	uint32_t index = p->index;

	t->sent_bytes += result->acknowledged_bytes;
	if (!result->ok) {
		on_part_failed(p, result, decision);
		return;
	}
	(void)hex_text(t->parts.upload->md5[index], MD5_BYTES, expected);
	etag = is_copy(p) ? result->receipt.etag : result->head.etag;
	if (!etag_is_md5(etag, t->parts.upload->md5[index]) &&
	    (!*etag || !object_transfer_is_opaque(t, result))) {
		on_other_part(p, etag, expected);
		return;
	}
	if (!is_copy(p))
		t->arrived_bytes += multipart_upload_part_bytes(t->parts.upload, index);
	drop_part(p);
	if (t->state == OBJECT_TRANSFER_UNDER_WAY && !t->parts.gone &&
	    multipart_upload_part_arrived(t->parts.upload, index, etag, &err) < 0)
		dispatch_fail(&t->run->dispatch, &err);
	begin_anew(t);
}

static bool has_parts(const struct object_transfer *t)
{
	const struct multipart_upload *m = t->parts.upload;

	return m && !t->parts.gone && m->row.state == MULTIPART_OPEN &&
	       m->there + m->flying < m->parts;
}

static void fill_part(struct object_transfer *t, struct part_send *p)
{
	struct s3_request *r = &p->task.request;

	uint64_t offset_bytes = p->index * t->parts.upload->row.part_size_bytes;
	uint64_t length_bytes = multipart_upload_part_bytes(t->parts.upload, p->index);

	r->op = t->parts.copied ? S3_COPY_PART : S3_PUT_PART;
	r->key = t->item.key;
	r->upload_id = t->parts.upload->row.upload_id;
	r->part_number = p->index + 1;
	if (t->parts.copied) {
		r->copy_from = t->item.source;
		r->range_offset_bytes = offset_bytes;
		r->range_length_bytes = length_bytes;
	} else {
		r->body.fd = t->fd;
		r->body.offset_bytes = offset_bytes;
		r->body.length_bytes = length_bytes;
		r->md5 = t->parts.upload->md5[p->index];
	}
	p->task.weight = t->parts.copied ? TASK_LIGHT : TASK_HEAVY;
	p->task.done = on_part;
	p->task.owner = p;
}

/* A part cannot be read. 1 the object has failed with it, -1 the run has. */
static int part_fault(struct part_send *p, struct err *err)
{
	struct object_transfer *t = p->t;

	multipart_upload_part_lost(t->parts.upload, p->index);
	drop_part(p);
	if (err_scope(err) == ERR_SCOPE_RUN)
		return -1;
	object_transfer_fail(t, err);
	return 1;
}

static int send_part(struct object_transfer *t, struct err *err)
{
	int64_t index = multipart_upload_next_part(t->parts.upload);
	struct part_send *p;

	if (index < 0)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_memory(err);
	p->t = t;
	p->index = (uint32_t)index;
	p->next = t->parts.flying;
	t->parts.flying = p;
	fill_part(t, p);
	/* Over plain http nothing else protects the signed request (U2). */
	if (!t->parts.copied && !s3_endpoint(t->run->session.s3)->https) {
		if (root_file_hash(t->fd, p->task.request.body.offset_bytes,
		                   p->task.request.body.length_bytes, HASH_SHA256, p->sha256,
		                   t->source_key, err) < 0)
			return part_fault(p, err);
		p->task.request.sha256 = p->sha256;
	}
	dispatch_submit(&t->run->dispatch, &p->task);
	return 1;
}

static int mark_part(void *context, uint32_t number, const char *etag, struct err *err)
{
	struct multipart_upload *m = context;

	return number > m->parts ? 0 : multipart_upload_part_there(m, number - 1, etag, err);
}

static int open_upload(struct object_transfer *t, const struct upload_row *row, struct err *err)
{
	if (object_headers_make(&t->headers, t->run, &t->item, t->sha256, row->token, err) < 0)
		return -1;
	t->parts.upload = multipart_upload_new(t->run, row, err);
	if (!t->parts.upload || multipart_upload_load_parts(t->parts.upload, t->fd, err) < 0)
		return -1;
	t->parts.upload->owner = t;
	t->parts.upload->act = on_upload;
	t->parts.upload->fail = on_upload_failed;
	t->parts.upload->headers = &t->headers;
	t->parts.upload->facts.wanted = true;
	return 0;
}

static int go_on(struct object_transfer *t, const struct upload_row *row, struct err *err)
{
	if (open_upload(t, row, err) < 0 ||
	    plan_parts_each(&t->run->plan, t->item.id, mark_part, t->parts.upload, err) < 0)
		return -1;
	return multipart_upload_event(t->parts.upload,
	                              t->parts.upload->there == t->parts.upload->parts
	                                      ? MULTIPART_PARTS_ALL
	                                      : MULTIPART_PARTS_OURS,
	                              err);
}

static int begin_upload(struct object_transfer *t, struct err *err)
{
	struct upload_row row = {.digest = t->item.digest,
	                         .size_bytes = t->item.size_bytes,
	                         .part_size_bytes = sync_run_part_size(t->run, t->item.size_bytes),
	                         .state = MULTIPART_CREATING};

	(void)snprintf(row.key, sizeof(row.key), "%s", t->item.key);
	if (sync_run_make_token(row.token, err) < 0 || open_upload(t, &row, err) < 0)
		return -1;
	return multipart_upload_event(t->parts.upload, MULTIPART_BEGIN, err);
}

static void begin_after_old(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	if (begin_upload(t, &err) < 0)
		object_transfer_fail(t, &err);
}

static int on_old(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	(void)err;
	if (action == MULTIPART_DO_FORGET)
		begin_after_old(m->owner);
	return 0;
}

/* A key that may not abort may send still; a server that is busy may take either later. */
static void on_old_failed(struct multipart_upload *m, const struct err *why)
{
	if (why->code == ERR_TEMPORARY) {
		object_transfer_fail(m->owner, why);
		return;
	}
	multipart_upload_warn_left(m, why);
	begin_after_old(m->owner);
}

/* Its record is about to be replaced by that of the next one (M4). */
static int abort_old(struct object_transfer *t, const struct upload_row *row, struct err *err)
{
	t->parts.old = multipart_upload_new(t->run, row, err);
	if (!t->parts.old)
		return -1;
	t->parts.old->owner = t;
	t->parts.old->act = on_old;
	t->parts.old->fail = on_old_failed;
	return multipart_upload_event(
		t->parts.old,
		row->state == MULTIPART_ABORTING ? MULTIPART_RESUME : MULTIPART_ABANDON, err);
}

/* Goes on where resume.h left off, or begins anew. */
static int begin_parts(struct object_transfer *t, struct err *err)
{
	struct upload_row row;
	int got = upload_get(t->run->db, t->run->remote.id, t->item.key, &row, err);

	if (got < 0)
		return -1;
	if (got > 0 && t->item.verb == ACTION_RESUME)
		return go_on(t, &row, err);
	return got > 0 ? abort_old(t, &row, err) : begin_upload(t, err);
}

static bool is_busy(const struct object_transfer *t)
{
	const struct multipart_upload *m = t->parts.upload, *old = t->parts.old;

	return t->parts.flying || (m && m->task.state != TASK_IDLE) ||
	       (old && old->task.state != TASK_IDLE);
}

static void release(struct object_transfer *t)
{
	while (t->parts.flying)
		drop_part(t->parts.flying);
	multipart_upload_free(t->parts.upload);
	multipart_upload_free(t->parts.old);
}

const struct object_kind OBJECT_PARTS = {.begin = begin_parts,
                                         .has_parts = has_parts,
                                         .send_part = send_part,
                                         .is_busy = is_busy,
                                         .release = release};
