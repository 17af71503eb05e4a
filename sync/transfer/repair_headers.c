/*
 * The kind of object.h that mends an object's headers (--check-metadata) with a copy onto itself:
 *
 *     HEAD ──► right by now, gone, or written by another root meanwhile: it is left as it is
 *      │ ▲
 *      ▼ │ the copy was refused, or its answer was lost: look again
 *     COPY, if the source (and, where the server can tell, the destination) has HEAD's ETag
 *
 * What the object knows of the upload that made it is kept; all else is as if it were sent now. The
 * record of the object changes only where its ETag does: a copy is no upload of ours, so that an
 * object that another root sent does not become this one's to delete.
 */
#include "sync/transfer/object_internal.h"

#include "sync/diff/check_headers.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

static void copy(struct object_transfer *t);
static void look(struct object_transfer *t);

static int record(struct object_transfer *t, const char *etag, struct err *err)
{
	struct sync_run *run = t->run;
	struct remote_object_row row;
	int got;

	if (etag_same(etag, t->item.there_etag))
		return 0;
	/* The listing may have brought news of the key that are not written yet. */
	if (journal_flush(&run->journal, err) < 0)
		return -1;
	got = remote_object_get(run->db, run->remote.id, t->item.key, &row, err);
	if (got < 0)
		return -1;
	if (got == 0)
		row = (struct remote_object_row){.size_bytes = t->item.size_bytes,
		                                 .digest = t->item.digest,
		                                 .generation = run->remote.generation};
	(void)snprintf(row.etag, sizeof(row.etag), "%s", etag);
	row.part_size_bytes = 0; /* a copy is in one part */
	row.verified_at = now_ms() / 1000;
	return journal_object(&run->journal, t->item.key, &row, err);
}

static void repaired(struct object_transfer *t, const char *etag)
{
	struct err err = ERR_INIT;

	if (record(t, etag, &err) < 0)
		dispatch_fail(&t->run->dispatch, &err);
	else
		object_transfer_end(t, OBJECT_TRANSFER_DONE);
}

/* The copy had no effect although nothing has changed. */
static void copy_again(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	if (++t->mismatches < MISMATCHES_MAX) {
		if (t->repair.refused)
			object_transfer_doubt_conditions(t, t->repair.traits);
		copy(t);
		return;
	}
	(void)err_set(&err, ERR_OTHER,
	              "%s: the server does not copy it onto itself, though its ETag is still %s",
	              t->item.key, t->item.there_etag);
	object_transfer_fail(t, &err);
}

static void on_copied(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;
	bool conditional = task->request.if_match != NULL;

	if (result->ok && result->receipt.etag[0]) {
		repaired(t, result->receipt.etag);
	} else if (result->ok || decision->action == RETRY_LOOK ||
	           decision->action == RETRY_MERGE || result->status == 412 ||
	           result->status == 404) {
		t->repair.copied = true;
		t->repair.refused = result->status == 412;
		look(t);
	} else if (conditional && (result->status == 400 || result->status == 501)) {
		if (result->status == 501)
			session_leave_conditions(&t->run->session);
		t->repair.refused = true;
		copy_again(t);
	} else {
		object_transfer_fail_by(t, result, decision);
	}
}

/*
 * The token of the upload that made it stays, if it is one. But what we have sent gets this run's
 * where the copy changes the ETag: by it the next run knows it for ours (unrecorded.h), should this
 * one not live to record the new ETag.
 */
static void keep_token(struct object_transfer *t, const char *token)
{
	uint8_t bits[16];

	if (!t->repair.renamed && token && strlen(token) == TOKEN_TEXT_MAX - 1 &&
	    hex_parse(token, TOKEN_TEXT_MAX - 1, bits, sizeof(bits)) == 0)
		(void)snprintf(t->headers.token, sizeof(t->headers.token), "%s", token);
}

static void copy(struct object_transfer *t)
{
	t->task.request = (struct s3_request){.op = S3_COPY,
	                                      .key = t->item.key,
	                                      .copy_from = t->item.key,
	                                      .replace_metadata = true,
	                                      .attributes = t->headers.s3};
	if (t->item.there_etag[0])
		t->task.request.copy_if_match = t->item.there_etag;
	if (t->item.there_etag[0] && provider_has(sync_run_provider(t->run), PROVIDER_IF_MATCH))
		t->task.request.if_match = t->item.there_etag;
	t->repair.traits = sync_run_provider(t->run)->traits;
	t->task.done = on_copied;
	dispatch_submit(&t->run->dispatch, &t->task);
}

/* The same upload's bytes: a copy of ours keeps the token, and any other write has its own. */
static bool is_our_copy(const struct object_transfer *t, const struct s3_result *result)
{
	return t->repair.copied && result->head.size_bytes == t->item.size_bytes &&
	       result->head.meta_token && strcmp(result->head.meta_token, t->headers.token) == 0;
}

static void on_look(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;
	bool same = etag_same(result->head.etag, t->item.there_etag);
	char why[PLAN_WHY_MAX];

	if (!result->ok && result->status != 404) {
		object_transfer_fail_by(t, result, decision);
	} else if (!result->ok) {
		object_transfer_leave(t, "gone from the bucket meanwhile");
	} else if (!check_headers_is_wrong(&result->head, &t->headers.s3, why)) {
		if (is_our_copy(t, result))
			repaired(t, result->head.etag);
		else
			object_transfer_leave(t, "right by now");
	} else if (!same) {
		object_transfer_leave(t,
		                      "changed in the bucket meanwhile; the next sync looks again");
	} else if (t->repair.copied) {
		copy_again(t);
	} else {
		keep_token(t, result->head.meta_token);
		copy(t);
	}
}

static void look(struct object_transfer *t)
{
	t->task.request = (struct s3_request){.op = S3_HEAD, .key = t->item.key};
	t->task.done = on_look;
	dispatch_submit(&t->run->dispatch, &t->task);
}

/* Whether this root sent what is there now, and its ETag is not the MD5 that the copy's will be. */
static int is_renamed(const struct object_transfer *t, struct err *err)
{
	struct remote_object_row row;
	int got = remote_object_get(t->run->db, t->run->remote.id, t->item.key, &row, err);

	if (got <= 0)
		return got;
	return row.sent_by_us && etag_same(row.etag, t->item.there_etag) &&
	       !etag_is_md5(row.etag, t->item.md5);
}

static int begin_repair(struct object_transfer *t, struct err *err)
{
	int got = is_renamed(t, err);

	if (got < 0)
		return -1;
	t->repair.renamed = got > 0;
	if (t->item.object_class == CLASS_MANIFEST && object_transfer_find_sha256(t, err) < 0)
		return -1;
	if (object_headers_make(&t->headers, t->run, &t->item, t->sha256, t->run->token, err) < 0)
		return -1;
	look(t);
	return 0;
}

const struct object_kind OBJECT_REPAIR = {.begin = begin_repair};
