/* The part of object.h that sends the parts of a multipart upload. */
#include "sync/transfer/object_internal.h"

#include "sync/plan/parts.h"
#include "sync/run/root_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_mpu(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	struct object_transfer *s = m->owner;

	if (action != MULTIPART_DO_FINISH && action != MULTIPART_DO_FORGET)
		return 0; /* DO_SEND: the pump takes parts from now on */
	if (journal_upload_gone(&s->run->journal, m->row.id, err) < 0)
		return -1;
	if (action == MULTIPART_DO_FINISH) {
		object_transfer_done(s, m->final_etag, m->row.part_size_bytes);
		return 0;
	}
	if (m->why.code == ERR_NONE)
		(void)err_set(&m->why, ERR_TEMPORARY,
		              "%s: the server dropped the upload of it twice; run again",
		              s->item.key);
	object_transfer_fail(s, &m->why);
	return 0;
}

static void on_mpu_failed(struct multipart_upload *m, const struct err *why)
{
	object_transfer_fail(m->owner, why);
}

void object_transfer_drop_part(struct part_send *p)
{
	struct part_send **at = &p->s->parts;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p);
}

/*
 * The upload is gone. Parts of it that are still flying would be taken for parts of the next one,
 * so that is begun when the last of them is back.
 */
static void begin_anew(struct object_transfer *s)
{
	struct err err = ERR_INIT;

	if (s->ended || !s->upload_gone || s->parts)
		return;
	s->upload_gone = false;
	s->arrived_bytes = 0;
	if (multipart_upload_event(s->mpu, MULTIPART_GONE, &err) < 0)
		dispatch_fail(&s->run->dispatch, &err);
}

/* The server cannot copy (from) it, or its copy is not what it must be: the bytes are here too. */
static void stop_copying(struct object_transfer *s, const char *why)
{
	if (!s->copying)
		return;
	event_log(s->run->sink, 1, "%s: parts not copied from %s (%s); sending them", s->item.key,
	          s->item.source, why);
	s->copying = false;
	if (s->item.verb == ACTION_COPY)
		s->item.verb = ACTION_UPLOAD;
}

static bool is_copy(const struct part_send *p)
{
	return p->task.request.op == S3_COPY_PART;
}

static void on_part_failed(struct part_send *p, struct s3_result *result,
                           const struct retry_decision *decision)
{
	struct object_transfer *s = p->s;
	struct multipart_upload *m = s->mpu;
	bool copied = is_copy(p);

	if (!copied && decision->action == RETRY_REHASH &&
	    object_transfer_still_whole(s, p->index * m->row.part_size_bytes,
	                                multipart_upload_part_bytes(m, p->index), HASH_MD5,
	                                m->md5[p->index])) {
		dispatch_again(&s->run->dispatch, &p->task);
		return;
	}
	multipart_upload_part_lost(m, p->index);
	object_transfer_drop_part(p);
	if (decision->action == RETRY_RESTART)
		s->upload_gone = true;
	else if (copied)
		stop_copying(s, result->fault.code);
	else if (!s->ended)
		object_transfer_fail_by(s, result, decision);
	begin_anew(s);
}

/* The server took, or made, a part that is not ours by its ETag. */
static void on_other_part(struct part_send *p, const char *etag, const char *expected)
{
	struct object_transfer *s = p->s;

	if (!is_copy(p)) {
		object_transfer_mismatch(s, &p->task, etag, expected);
		return;
	}
	multipart_upload_part_lost(s->mpu, p->index);
	object_transfer_drop_part(p);
	stop_copying(s, "its bytes are others");
	begin_anew(s);
}

static void on_part(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct part_send *p = task->owner;
	struct object_transfer *s = p->s;
	struct err err = ERR_INIT;
	char expected[2 * MD5_BYTES + 1];
	const char *etag;
	uint32_t index = p->index;

	s->sent_bytes += result->sent_bytes;
	if (!result->ok) {
		on_part_failed(p, result, decision);
		return;
	}
	(void)hex_text(s->mpu->md5[index], MD5_BYTES, expected);
	etag = is_copy(p) ? result->receipt.etag : result->head.etag;
	if (strcmp(etag, expected) != 0 && (!*etag || !object_transfer_is_opaque(s, result))) {
		on_other_part(p, etag, expected);
		return;
	}
	if (!is_copy(p))
		s->arrived_bytes += multipart_upload_part_bytes(s->mpu, index);
	object_transfer_drop_part(p);
	if (!s->ended && !s->upload_gone &&
	    multipart_upload_part_arrived(s->mpu, index, etag, &err) < 0)
		dispatch_fail(&s->run->dispatch, &err);
	begin_anew(s);
}

bool object_transfer_has_parts(const struct object_transfer *s)
{
	return s->mpu && !s->ended && !s->upload_gone && s->mpu->row.state == MULTIPART_OPEN &&
	       s->mpu->there + s->mpu->flying < s->mpu->parts;
}

static void fill_part(struct object_transfer *s, struct part_send *p)
{
	struct s3_request *r = &p->task.request;

	uint64_t offset_bytes = p->index * s->mpu->row.part_size_bytes;
	uint64_t length_bytes = multipart_upload_part_bytes(s->mpu, p->index);

	r->op = s->copying ? S3_COPY_PART : S3_PUT_PART;
	r->key = s->item.key;
	r->upload_id = s->mpu->row.upload_id;
	r->part_number = p->index + 1;
	if (s->copying) {
		r->copy_from = s->item.source;
		r->range_offset_bytes = offset_bytes;
		r->range_length_bytes = length_bytes;
	} else {
		r->body.fd = s->fd;
		r->body.offset_bytes = offset_bytes;
		r->body.length_bytes = length_bytes;
		r->md5 = s->mpu->md5[p->index];
	}
	p->task.weight = s->copying ? TASK_LIGHT : TASK_HEAVY;
	p->task.done = on_part;
	p->task.owner = p;
}

/* A part cannot be read. 1 the object has failed with it, -1 the run has. */
static int part_fault(struct part_send *p, struct err *err)
{
	struct object_transfer *s = p->s;

	multipart_upload_part_lost(s->mpu, p->index);
	object_transfer_drop_part(p);
	if (err_scope(err) == ERR_SCOPE_RUN)
		return -1;
	object_transfer_fail(s, err);
	return 1;
}

int object_transfer_part(struct object_transfer *s, struct err *err)
{
	int64_t index = object_transfer_has_parts(s) ? multipart_upload_next_part(s->mpu) : -1;
	struct part_send *p;

	if (index < 0)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_memory(err);
	p->s = s;
	p->index = (uint32_t)index;
	p->next = s->parts;
	s->parts = p;
	fill_part(s, p);
	/* Over plain http nothing else protects the signed request (U2). */
	if (!s->copying && !s3_endpoint(s->run->session.s3)->https) {
		if (root_file_hash(s->fd, p->task.request.body.offset_bytes,
		                   p->task.request.body.length_bytes, HASH_SHA256, p->sha256,
		                   s->source_key, err) < 0)
			return part_fault(p, err);
		p->task.request.sha256 = p->sha256;
	}
	dispatch_submit(&s->run->dispatch, &p->task);
	return 1;
}

static int mark_part(void *context, uint32_t number, const char *etag, struct err *err)
{
	struct multipart_upload *m = context;

	return number > m->parts ? 0 : multipart_upload_part_there(m, number - 1, etag, err);
}

static int open_mpu(struct object_transfer *s, const struct upload_row *row, struct err *err)
{
	if (object_headers_make(&s->attributes, s->run, &s->item, s->sha256, row->token, err) < 0)
		return -1;
	s->mpu = multipart_upload_new(s->run, row, err);
	if (!s->mpu || multipart_upload_load_parts(s->mpu, s->fd, err) < 0)
		return -1;
	s->mpu->owner = s;
	s->mpu->act = on_mpu;
	s->mpu->fail = on_mpu_failed;
	s->mpu->attributes = &s->attributes;
	s->mpu->facts.wanted = true;
	return 0;
}

static int go_on(struct object_transfer *s, const struct upload_row *row, struct err *err)
{
	if (open_mpu(s, row, err) < 0 ||
	    plan_parts_each(&s->run->plan, s->item.id, mark_part, s->mpu, err) < 0)
		return -1;
	return multipart_upload_event(
		s->mpu, s->mpu->there == s->mpu->parts ? MULTIPART_PARTS_ALL : MULTIPART_PARTS_OURS,
		err);
}

static int begin(struct object_transfer *s, struct err *err)
{
	struct upload_row row = {.digest = s->item.digest,
	                         .size_bytes = s->item.size_bytes,
	                         .part_size_bytes = sync_run_part_size(s->run, s->item.size_bytes),
	                         .state = MULTIPART_CREATING};

	(void)snprintf(row.key, sizeof(row.key), "%s", s->item.key);
	if (sync_run_make_token(row.token, err) < 0 || open_mpu(s, &row, err) < 0)
		return -1;
	return multipart_upload_event(s->mpu, MULTIPART_BEGIN, err);
}

static void begin_after_old(struct object_transfer *s)
{
	struct err err = ERR_INIT;

	if (begin(s, &err) < 0)
		object_transfer_fail(s, &err);
}

static int on_old(struct multipart_upload *m, enum multipart_action action, struct err *err)
{
	(void)err;
	if (action == MULTIPART_DO_FORGET)
		begin_after_old(m->owner);
	return 0;
}

/* Who may not abort may send still; a server that is busy may do either later. */
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
static int abort_old(struct object_transfer *s, const struct upload_row *row, struct err *err)
{
	s->old = multipart_upload_new(s->run, row, err);
	if (!s->old)
		return -1;
	s->old->owner = s;
	s->old->act = on_old;
	s->old->fail = on_old_failed;
	return multipart_upload_event(
		s->old, row->state == MULTIPART_ABORTING ? MULTIPART_RESUME : MULTIPART_ABANDON,
		err);
}

/* Goes on where resume.h left off, or begins anew. */
int object_transfer_start_parts(struct object_transfer *s, struct err *err)
{
	struct upload_row row;
	int got = upload_get(s->run->db, s->run->remote.id, s->item.key, &row, err);

	if (got < 0)
		return -1;
	if (got > 0 && s->item.verb == ACTION_RESUME)
		return go_on(s, &row, err);
	return got > 0 ? abort_old(s, &row, err) : begin(s, err);
}
