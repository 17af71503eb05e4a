#include "sync/transfer/object_internal.h"

#include "sync/documents/current.h"
#include "sync/plan/bodies.h"
#include "sync/run/ping.h"
#include "sync/run/root_file.h"
#include "sync/s3/etag_meaning.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "db/state/blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void object_transfer_end(struct object_transfer *s, enum object_transfer_end end)
{
	if (s->ended)
		return;
	s->ended = true;
	s->end = end;
}

void object_transfer_fail(struct object_transfer *s, const struct err *why)
{
	if (s->ended)
		return;
	s->why = *why;
	object_transfer_end(s, OBJECT_TRANSFER_FAILED);
}

void object_transfer_fail_by(struct object_transfer *s, const struct s3_result *result,
                             const struct retry_decision *decision)
{
	struct err err = ERR_INIT;

	(void)dispatch_error(&s->run->dispatch, result, decision, &err);
	object_transfer_fail(s, &err);
}

void object_transfer_leave(struct object_transfer *s, const char *why)
{
	s->item.verb = ACTION_KEPT;
	(void)snprintf(s->item.why, sizeof(s->item.why), "%s", why);
	object_transfer_end(s, OBJECT_TRANSFER_DONE);
}

/* ---- what is recorded of an object that is in the bucket now */

/*
 * Of a list of referrers our part of it, which is what changes here; of what is made anew for the
 * bucket each time, the bytes that were sent.
 */
static struct digest recorded_digest(const struct object_transfer *s)
{
	return s->item.object_class == CLASS_TAGS_LIST || s->item.object_class == CLASS_CATALOG
	               ? digest_from_sha256(s->sha256)
	               : s->item.digest;
}

static int record_object(struct object_transfer *s, const char *etag, uint64_t part_size_bytes,
                         struct err *err)
{
	struct remote_object_row row = {.size_bytes = s->item.size_bytes,
	                                .digest = recorded_digest(s),
	                                .part_size_bytes = part_size_bytes,
	                                .verified_at = now_ms() / 1000,
	                                .generation = s->run->remote.generation + 1,
	                                .sent_by_us = 1};

	(void)snprintf(row.etag, sizeof(row.etag), "%s", etag);
	return journal_object(&s->run->journal, s->item.key, &row, err);
}

void object_transfer_done(struct object_transfer *s, const char *etag, uint64_t part_size_bytes)
{
	struct err err = ERR_INIT;

	if (record_object(s, etag, part_size_bytes, &err) < 0) {
		dispatch_fail(&s->run->dispatch, &err);
		return;
	}
	(void)snprintf(s->etag, sizeof(s->etag), "%s", etag);
	object_transfer_end(s, OBJECT_TRANSFER_DONE);
}

/* ---- ETags of answers (U3) */

bool object_transfer_is_opaque(const struct object_transfer *s, const struct s3_result *result)
{
	return etag_meaning(sync_run_provider(s->run), result->head.etag, &result->head) ==
	       ETAG_IS_OPAQUE;
}

void object_transfer_mismatch(struct object_transfer *s, struct task *task, const char *etag,
                              const char *expected)
{
	struct err err = ERR_INIT;

	if (++s->mismatches < MISMATCHES_MAX) {
		dispatch_again(&s->run->dispatch, task);
		return;
	}
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: the server answered ETag %s where %s was expected; if its ETags are no "
	              "MD5s, name it with --provider",
	              s->item.key, etag, expected);
	object_transfer_fail(s, &err);
}

bool object_transfer_still_whole(struct object_transfer *s, uint64_t offset_bytes,
                                 uint64_t length_bytes, enum hash_kind kind,
                                 const uint8_t *expected)
{
	uint8_t found[HASH_BYTES_MAX];
	struct err err = ERR_INIT;

	if (s->fd < 0)
		return true; /* a document in memory, whose hashes were just computed */
	if (root_file_hash(s->fd, offset_bytes, length_bytes, kind, found, s->source_key, &err) <
	    0) {
		object_transfer_fail(s, &err);
		return false;
	}
	if (memcmp(found, expected, hash_size(kind)) == 0)
		return true;
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: the file has changed since it was staged; stage it again",
	              s->source_key);
	object_transfer_fail(s, &err);
	return false;
}

/* ---- copy */

static int start_upload(struct object_transfer *s, struct err *err);

/* Rows of the state that say nonsense of one object are an exception: others may be right. */
static bool is_its_own(const struct err *why)
{
	return err_scope(why) == ERR_SCOPE_OBJECT || why->code == ERR_NO_STATE;
}

/* A server whose limit for one copy is lower than S3's 5 GiB says so; its parts can be copied. */
static bool is_too_large(const struct object_transfer *s, const struct s3_result *result)
{
	return result->status == 400 &&
	       (strcmp(result->fault.code, "InvalidRequest") == 0 ||
	        strcmp(result->fault.code, "EntityTooLarge") == 0) &&
	       sync_run_part_total(s->run, s->item.size_bytes) > 0 &&
	       provider_has(sync_run_provider(s->run), PROVIDER_COPY_PART);
}

/* Whatever it was, the bytes are here as well. */
static void send_instead(struct object_transfer *s, const char *why)
{
	struct err err = ERR_INIT;

	if (!s->copying) {
		event_log(s->run->sink, 1, "%s: not copied from %s (%s); sending it", s->item.key,
		          s->item.source, why);
		s->item.verb = ACTION_UPLOAD;
	}
	if (start_upload(s, &err) == 0)
		return;
	if (is_its_own(&err))
		object_transfer_fail(s, &err);
	else
		dispatch_fail(&s->run->dispatch, &err);
}

/* Only an MD5 that is another tells something: a copy may keep the ETag of its source's parts. */
static bool is_other(const struct object_transfer *s, const char *etag,
                     const struct s3_result *result)
{
	char expected[2 * MD5_BYTES + 1];
	struct etag parsed;

	if (!md5_known(s->item.md5) ||
	    etag_meaning(sync_run_provider(s->run), etag, &result->head) == ETAG_IS_OPAQUE ||
	    (etag_parse(&parsed, etag) && parsed.parts > 0))
		return false;
	return strcmp(etag, hex_text(s->item.md5, MD5_BYTES, expected)) != 0;
}

static void on_copy_seen(struct task *task, struct s3_result *result,
                         const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;
	const char *etag = result->head.etag;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(s, result, decision);
	else if (result->ok && etag[0] && result->head.size_bytes == s->item.size_bytes &&
	         !is_other(s, etag, result))
		object_transfer_done(s, etag, 0);
	else
		send_instead(s, result->ok ? "its bytes are others" : "it is not there");
}

static void on_copy(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;
	const char *etag = result->receipt.etag;

	if (result->ok && etag[0] && !is_other(s, etag, result)) {
		object_transfer_done(s, etag, 0);
	} else if (result->ok) {
		s->task.request = (struct s3_request){.op = S3_HEAD, .key = s->item.key};
		s->task.done = on_copy_seen;
		dispatch_follow(&s->run->dispatch, &s->task, decision);
	} else {
		s->copying = is_too_large(s, result);
		send_instead(s, result->fault.code);
	}
}

static int start_copy(struct object_transfer *s, struct err *err)
{
	if (object_headers_make(&s->attributes, s->run, &s->item, s->sha256, s->run->token, err) <
	    0)
		return -1;
	s->task.request = (struct s3_request){.op = S3_COPY,
	                                      .key = s->item.key,
	                                      .copy_from = s->item.source,
	                                      .replace_metadata = true,
	                                      .attributes = s->attributes.s3};
	if (s->item.source_etag[0])
		s->task.request.copy_if_match = s->item.source_etag;
	s->task.done = on_copy;
	dispatch_submit(&s->run->dispatch, &s->task);
	return 0;
}

/* ---- start */

/* Documents come from the plan; their digest in the item is of the root's version. */
static int load_document(struct object_transfer *s, struct err *err)
{
	int got;

	if (s->item.object_class == CLASS_PING) {
		s->body = strdup(PING_BODY);
		s->body_len = sizeof(PING_BODY) - 1;
		return s->body ? 1 : err_memory(err);
	}
	got = plan_body_get(&s->run->plan, s->item.id, &s->body, &s->body_len, err);
	if (got > 0)
		s->item.size_bytes = s->body_len;
	return got;
}

/* Most often the digest that names the bytes. */
static int find_sha256(struct object_transfer *s, struct err *err)
{
	struct blob_row blob;
	int got;

	if (s->item.digest.alg == DIGEST_SHA256) {
		memcpy(s->sha256, s->item.digest.bytes, SHA256_BYTES);
		return 0;
	}
	got = blob_get(s->run->db, &s->item.digest, &blob, err);
	if (got == 0)
		return err_set(err, ERR_NO_STATE, "%s: the state does not have its bytes",
		               s->item.key);
	if (got > 0)
		memcpy(s->sha256, blob.sha256, SHA256_BYTES);
	return got < 0 ? -1 : 0;
}

static int start_upload(struct object_transfer *s, struct err *err)
{
	int got = load_document(s, err);

	if (got < 0)
		return -1;
	if (got > 0) {
		if (hash_once(HASH_MD5, s->body, s->body_len, s->item.md5, err) < 0 ||
		    hash_once(HASH_SHA256, s->body, s->body_len, s->sha256, err) < 0 ||
		    object_headers_make(&s->attributes, s->run, &s->item, s->sha256, s->run->token,
		                        err) < 0)
			return -1;
		object_transfer_put(s);
		return 0;
	}
	if (find_sha256(s, err) < 0)
		return -1;
	s->fd = root_file_open(s->run->root, s->source_key, s->item.size_bytes, err);
	if (s->fd < 0)
		return -1;
	/* A tag is one PUT, whatever its size: only that has a condition. */
	if (s->item.verb == ACTION_RESUME ||
	    (s->item.verb != ACTION_TAG && sync_run_part_total(s->run, s->item.size_bytes) > 0))
		return object_transfer_start_parts(s, err);
	/* More in one PUT than stage has the MD5 of (--multipart-threshold): one read for it. */
	if (!md5_known(s->item.md5) && root_file_hash(s->fd, 0, s->item.size_bytes, HASH_MD5,
	                                              s->item.md5, s->source_key, err) < 0)
		return -1;
	if (object_headers_make(&s->attributes, s->run, &s->item, s->sha256, s->run->token, err) <
	    0)
		return -1;
	object_transfer_put(s);
	return 0;
}

static int start(struct object_transfer *s, struct err *err)
{
	if (s->item.verb == ACTION_DELETE) {
		object_transfer_start_removal(s);
		return 0;
	}
	if (s->item.verb == ACTION_REPAIR)
		return object_transfer_start_repair(s, err);
	/* What is left of an upload whose bytes are there by now, and what is too large for a COPY.
	 */
	s->copying = s->item.source[0] && s->item.parts_total > 0;
	if (s->item.verb != ACTION_COPY || s->copying)
		return start_upload(s, err);
	if (find_sha256(s, err) < 0)
		return -1;
	return start_copy(s, err);
}

struct object_transfer *object_transfer_start(struct sync_run *run, const struct plan_item *item,
                                              bool ahead, struct err *err)
{
	struct object_transfer *s = calloc(1, sizeof(*s));
	struct err why = ERR_INIT;

	if (!s) {
		(void)err_memory(err);
		return NULL;
	}
	s->run = run;
	s->item = *item;
	s->fd = -1;
	s->task.owner = s;
	s->task.weight = TASK_LIGHT;
	s->task.ahead = ahead;
	s->started_ms = monotonic_ms();
	(void)sync_run_source_key(item, s->source_key);
	if (start(s, &why) == 0)
		return s;
	if (is_its_own(&why)) {
		object_transfer_fail(s, &why);
		return s;
	}
	*err = why;
	object_transfer_free(s);
	return NULL;
}

bool object_transfer_is_over(const struct object_transfer *s)
{
	return s->ended && s->task.state == TASK_IDLE && !s->parts &&
	       (!s->mpu || s->mpu->task.state == TASK_IDLE) &&
	       (!s->old || s->old->task.state == TASK_IDLE);
}

void object_transfer_free(struct object_transfer *s)
{
	if (!s)
		return;
	while (s->parts)
		object_transfer_drop_part(s->parts);
	multipart_upload_free(s->mpu);
	multipart_upload_free(s->old);
	current_document_free(s->gather);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->body);
	free(s);
}
