/*
 * The part of object.h that mends an object's headers (--check-metadata) with a copy onto itself:
 *
 *     HEAD ──► right by now, gone, or written by somebody else meanwhile: it is left as it is
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
#include "db/state/blob.h"

#include <stdio.h>
#include <string.h>

static void copy(struct object_transfer *s);
static void look(struct object_transfer *s);

static int record(struct object_transfer *s, const char *etag, struct err *err)
{
	struct sync_run *run = s->run;
	struct remote_object_row row;
	int got;

	if (strcmp(etag, s->item.there_etag) == 0)
		return 0;
	/* The listing may have brought news of the key that are not written yet. */
	if (journal_flush(&run->journal, err) < 0)
		return -1;
	got = remote_object_get(run->db, run->remote.id, s->item.key, &row, err);
	if (got < 0)
		return -1;
	if (got == 0)
		row = (struct remote_object_row){.size_bytes = s->item.size_bytes,
		                                 .digest = s->item.digest,
		                                 .generation = run->remote.generation};
	(void)snprintf(row.etag, sizeof(row.etag), "%s", etag);
	row.part_size_bytes = 0; /* a copy is in one part */
	row.verified_at = now_ms() / 1000;
	return journal_object(&run->journal, s->item.key, &row, err);
}

static void repaired(struct object_transfer *s, const char *etag)
{
	struct err err = ERR_INIT;

	if (record(s, etag, &err) < 0)
		dispatch_fail(&s->run->dispatch, &err);
	else
		object_transfer_end(s, OBJECT_TRANSFER_DONE);
}

/* The copy had no effect although nothing has changed. */
static void copy_again(struct object_transfer *s)
{
	struct err err = ERR_INIT;

	if (++s->mismatches < MISMATCHES_MAX) {
		if (s->refused)
			object_transfer_doubt_conditions(s);
		copy(s);
		return;
	}
	(void)err_set(&err, ERR_OTHER,
	              "%s: the server does not copy it onto itself, though its ETag is still %s",
	              s->item.key, s->item.there_etag);
	object_transfer_fail(s, &err);
}

static void on_copied(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;
	bool conditional = task->request.if_match != NULL;

	if (result->ok && result->receipt.etag[0]) {
		repaired(s, result->receipt.etag);
	} else if (result->ok || decision->action == RETRY_LOOK ||
	           decision->action == RETRY_MERGE || result->status == 412 ||
	           result->status == 404) {
		s->copied = true;
		s->refused = result->status == 412;
		look(s);
	} else if (conditional && (result->status == 400 || result->status == 501)) {
		s->refused = true;
		copy_again(s);
	} else {
		object_transfer_fail_by(s, result, decision);
	}
}

/*
 * The token of the upload that made it stays, if it is one. But what we have sent gets this run's
 * where the copy changes the ETag: by it the next run knows it for ours (unrecorded.h), should this
 * one not live to record the new ETag.
 */
static void keep_token(struct object_transfer *s, const char *token)
{
	uint8_t bits[16];

	if (!s->renamed && token && strlen(token) == TOKEN_TEXT_MAX - 1 &&
	    hex_parse(token, TOKEN_TEXT_MAX - 1, bits, sizeof(bits)) == 0)
		(void)snprintf(s->attributes.token, sizeof(s->attributes.token), "%s", token);
}

static void copy(struct object_transfer *s)
{
	s->task.request = (struct s3_request){.op = S3_COPY,
	                                      .key = s->item.key,
	                                      .copy_from = s->item.key,
	                                      .replace_metadata = true,
	                                      .attributes = s->attributes.s3};
	if (s->item.there_etag[0])
		s->task.request.copy_if_match = s->item.there_etag;
	if (s->item.there_etag[0] && provider_has(sync_run_provider(s->run), PROVIDER_IF_MATCH))
		s->task.request.if_match = s->item.there_etag;
	s->traits = sync_run_provider(s->run)->traits;
	s->task.done = on_copied;
	dispatch_submit(&s->run->dispatch, &s->task);
}

/* The same upload's bytes: a copy of ours keeps the token, and any other write has its own. */
static bool is_our_copy(const struct object_transfer *s, const struct s3_result *result)
{
	return s->copied && result->head.size_bytes == s->item.size_bytes &&
	       result->head.meta_token && strcmp(result->head.meta_token, s->attributes.token) == 0;
}

static void on_look(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;
	bool same = strcmp(result->head.etag, s->item.there_etag) == 0;
	char why[PLAN_WHY_MAX];

	if (!result->ok && result->status != 404) {
		object_transfer_fail_by(s, result, decision);
	} else if (!result->ok) {
		object_transfer_leave(s, "gone from the bucket meanwhile");
	} else if (!check_headers_is_wrong(&result->head, &s->attributes.s3, why)) {
		if (is_our_copy(s, result))
			repaired(s, result->head.etag);
		else
			object_transfer_leave(s, "right by now");
	} else if (!same) {
		object_transfer_leave(s,
		                      "changed in the bucket meanwhile; the next sync looks again");
	} else if (s->copied) {
		copy_again(s);
	} else {
		keep_token(s, result->head.meta_token);
		copy(s);
	}
}

static void look(struct object_transfer *s)
{
	s->task.request = (struct s3_request){.op = S3_HEAD, .key = s->item.key};
	s->task.done = on_look;
	dispatch_submit(&s->run->dispatch, &s->task);
}

/* Whether this root sent what is there now, and its ETag is not the MD5 that the copy's will be. */
static int is_renamed(const struct object_transfer *s, struct err *err)
{
	char md5[2 * MD5_BYTES + 1];
	struct remote_object_row row;
	int got = remote_object_get(s->run->db, s->run->remote.id, s->item.key, &row, err);

	if (got <= 0)
		return got;
	return row.sent_by_us && strcmp(row.etag, s->item.there_etag) == 0 &&
	       strcmp(row.etag, hex_text(s->item.md5, MD5_BYTES, md5)) != 0;
}

int object_transfer_start_repair(struct object_transfer *s, struct err *err)
{
	struct blob_row blob;
	int got = is_renamed(s, err);

	if (got < 0)
		return -1;
	s->renamed = got > 0;
	if (s->item.object_class == CLASS_MANIFEST) {
		got = blob_get(s->run->db, &s->item.digest, &blob, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(err, ERR_NO_STATE, "%s: the state does not have its bytes",
			               s->item.key);
		memcpy(s->sha256, blob.sha256, SHA256_BYTES);
	}
	if (object_headers_make(&s->attributes, s->run, &s->item, s->sha256, s->run->token, err) <
	    0)
		return -1;
	look(s);
	return 0;
}
