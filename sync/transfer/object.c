#include "sync/transfer/object_internal.h"

#include "sync/documents/current.h"
#include "sync/plan/bodies.h"
#include "sync/run/ping.h"
#include "sync/run/root_file.h"
#include "sync/s3/etag_meaning.h"

#include "base/units.h"
#include "db/state/blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void object_transfer_end(struct object_transfer *t, enum object_transfer_state end)
{
	if (t->state == OBJECT_TRANSFER_UNDER_WAY)
		t->state = end;
}

void object_transfer_fail(struct object_transfer *t, const struct err *why)
{
	if (t->state != OBJECT_TRANSFER_UNDER_WAY)
		return;
	t->why = *why;
	object_transfer_end(t, OBJECT_TRANSFER_FAILED);
}

void object_transfer_fail_by(struct object_transfer *t, const struct s3_result *result,
                             const struct retry_decision *decision)
{
	struct err err = ERR_INIT;

	(void)dispatch_error(&t->run->dispatch, result, decision, &err);
	object_transfer_fail(t, &err);
}

/* Rows of the state that say nonsense of one object are an exception: others may be right. */
static bool is_its_own(const struct err *why)
{
	return err_scope(why) == ERR_SCOPE_OBJECT || why->code == ERR_NO_STATE;
}

void object_transfer_fail_or_end_run(struct object_transfer *t, const struct err *why)
{
	if (is_its_own(why))
		object_transfer_fail(t, why);
	else
		dispatch_fail(&t->run->dispatch, why);
}

void object_transfer_leave(struct object_transfer *t, const char *why)
{
	t->item.verb = ACTION_KEPT;
	(void)snprintf(t->item.why, sizeof(t->item.why), "%s", why);
	object_transfer_end(t, OBJECT_TRANSFER_DONE);
}

/* ---- what is recorded of an object that is in the bucket now */

/*
 * Of a list of referrers our part of it, which is what changes here; of what is made anew for the
 * bucket each time, the bytes that were sent.
 */
static struct digest recorded_digest(const struct object_transfer *t)
{
	return t->item.object_class == CLASS_TAGS_LIST || t->item.object_class == CLASS_CATALOG
	               ? digest_from_sha256(t->sha256)
	               : t->item.digest;
}

static int record_object(struct object_transfer *t, const char *etag, uint64_t part_size_bytes,
                         struct err *err)
{
	struct remote_object_row row = {.size_bytes = t->item.size_bytes,
	                                .digest = recorded_digest(t),
	                                .part_size_bytes = part_size_bytes,
	                                .verified_at = now_ms() / 1000,
	                                .generation = t->run->remote.generation + 1,
	                                .sent_by_us = 1};

	(void)snprintf(row.etag, sizeof(row.etag), "%s", etag);
	return journal_object(&t->run->journal, t->item.key, &row, err);
}

void object_transfer_done(struct object_transfer *t, const char *etag, uint64_t part_size_bytes)
{
	struct err err = ERR_INIT;

	if (record_object(t, etag, part_size_bytes, &err) < 0) {
		dispatch_fail(&t->run->dispatch, &err);
		return;
	}
	(void)snprintf(t->etag, sizeof(t->etag), "%s", etag);
	object_transfer_end(t, OBJECT_TRANSFER_DONE);
}

/* ---- what answers tell */

void object_transfer_doubt_conditions(struct object_transfer *t, unsigned traits)
{
	if (traits == sync_run_provider(t->run)->traits)
		session_doubt_conditions(&t->run->session);
}

bool object_transfer_is_opaque(const struct object_transfer *t, const struct s3_result *result)
{
	return etag_meaning(sync_run_provider(t->run), result->head.etag, &result->head) ==
	       ETAG_IS_OPAQUE;
}

bool object_transfer_mismatch(struct object_transfer *t, struct task *task, const char *etag,
                              const char *expected)
{
	struct err err = ERR_INIT;

	if (t->state == OBJECT_TRANSFER_UNDER_WAY && ++t->mismatches < MISMATCHES_MAX) {
		dispatch_again(&t->run->dispatch, task);
		return true;
	}
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: the server answered ETag %s where %s was expected; if its ETags are no "
	              "MD5s, name it with --provider",
	              t->item.key, etag, expected);
	object_transfer_fail(t, &err);
	return false;
}

bool object_transfer_still_whole(struct object_transfer *t, uint64_t offset_bytes,
                                 uint64_t length_bytes, enum hash_kind kind,
                                 const uint8_t *expected)
{
	uint8_t found[HASH_BYTES_MAX];
	struct err err = ERR_INIT;

	if (t->fd < 0)
		return true; /* a document in memory, whose hashes were just computed */
	if (root_file_hash(t->fd, offset_bytes, length_bytes, kind, found, t->source_key, &err) <
	    0) {
		object_transfer_fail(t, &err);
		return false;
	}
	if (memcmp(found, expected, hash_size(kind)) == 0)
		return true;
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: the file has changed since it was staged; stage it again",
	              t->source_key);
	object_transfer_fail(t, &err);
	return false;
}

/* ---- the bytes, and what is done with them */

/* Documents come from the plan; their digest in the item is of the root's version. 1, 0, -1. */
static int load_document(struct object_transfer *t, struct err *err)
{
	int got;

	if (t->item.object_class == CLASS_PING) {
		t->body = strdup(PING_BODY);
		t->body_len = sizeof(PING_BODY) - 1;
		return t->body ? 1 : err_memory(err);
	}
	got = plan_body_get(&t->run->plan, t->item.id, &t->body, &t->body_len, err);
	if (got > 0)
		t->item.size_bytes = t->body_len;
	return got;
}

/* Most often the digest that names the bytes. */
int object_transfer_find_sha256(struct object_transfer *t, struct err *err)
{
	struct blob_row blob;
	int got;

	if (t->item.digest.alg == DIGEST_SHA256) {
		memcpy(t->sha256, t->item.digest.bytes, SHA256_BYTES);
		return 0;
	}
	got = blob_get(t->run->db, &t->item.digest, &blob, err);
	if (got == 0)
		return err_set(err, ERR_NO_STATE, "%s: the state does not have its bytes",
		               t->item.key);
	if (got > 0)
		memcpy(t->sha256, blob.sha256, SHA256_BYTES);
	return got < 0 ? -1 : 0;
}

bool object_transfer_is_divisible(const struct object_transfer *t)
{
	return t->fd >= 0 && t->item.verb != ACTION_TAG &&
	       t->item.size_bytes > sync_run_part_size(t->run, t->item.size_bytes);
}

/*
 * A tag is one PUT, whatever its size: only that has a condition. Where the link has cut a large
 * body, none goes in one piece that could go in several.
 */
static bool goes_in_parts(const struct object_transfer *t)
{
	return t->item.verb == ACTION_RESUME ||
	       (t->run->dispatch.cuts && object_transfer_is_divisible(t)) ||
	       (t->item.verb != ACTION_TAG && sync_run_part_total(t->run, t->item.size_bytes) > 0);
}

int object_transfer_send(struct object_transfer *t, bool copied, struct err *err)
{
	int got = load_document(t, err);

	if (got < 0)
		return -1;
	if (got > 0) {
		if (hash_once(HASH_MD5, t->body, t->body_len, t->item.md5, err) < 0 ||
		    hash_once(HASH_SHA256, t->body, t->body_len, t->sha256, err) < 0)
			return -1;
		return object_transfer_become(t, &OBJECT_PUT, err);
	}
	if (object_transfer_find_sha256(t, err) < 0)
		return -1;
	t->fd = root_file_open(t->run->root, t->source_key, t->item.size_bytes, err);
	if (t->fd < 0)
		return -1;
	if (goes_in_parts(t)) {
		t->kind = &OBJECT_PARTS;
		t->parts = (struct parts_state){.copied = copied};
		return t->kind->begin(t, err);
	}
	/* More in one PUT than stage has the MD5 of (--multipart-threshold): one read for it. */
	if (!md5_known(t->item.md5) && root_file_hash(t->fd, 0, t->item.size_bytes, HASH_MD5,
	                                              t->item.md5, t->source_key, err) < 0)
		return -1;
	return object_transfer_become(t, &OBJECT_PUT, err);
}

int object_transfer_become(struct object_transfer *t, const struct object_kind *kind,
                           struct err *err)
{
	t->kind = kind;
	memset(&t->parts, 0, sizeof(t->parts)); /* the largest of the union */
	return kind->begin(t, err);
}

/* ---- start and end */

static int begin(struct object_transfer *t, struct err *err)
{
	/* What is left of an upload whose bytes the bucket has, and what is too large for a COPY.
	 */
	bool copied = t->item.source[0] && t->item.parts_total > 0;

	if (t->item.verb == ACTION_DELETE)
		return object_transfer_become(t, &OBJECT_REMOVE, err);
	if (t->item.verb == ACTION_REPAIR)
		return object_transfer_become(t, &OBJECT_REPAIR, err);
	if (t->item.verb == ACTION_COPY && !copied)
		return object_transfer_become(t, &OBJECT_COPY, err);
	return object_transfer_send(t, copied, err);
}

struct object_transfer *object_transfer_start(struct sync_run *run, const struct plan_item *item,
                                              bool ahead, struct err *err)
{
	struct object_transfer *t = calloc(1, sizeof(*t));
	struct err why = ERR_INIT;

	if (!t) {
		(void)err_memory(err);
		return NULL;
	}
	t->run = run;
	t->item = *item;
	t->fd = -1;
	t->task.owner = t;
	t->task.weight = TASK_LIGHT;
	t->task.ahead = ahead;
	t->started_ms = monotonic_ms();
	(void)sync_run_source_key(item, t->source_key);
	if (begin(t, &why) == 0)
		return t;
	if (is_its_own(&why)) {
		object_transfer_fail(t, &why);
		return t;
	}
	*err = why;
	object_transfer_free(t);
	return NULL;
}

bool object_transfer_looks_first(const struct plan_item *item)
{
	return item->verb == ACTION_DELETE && !object_class_immutable(item->object_class);
}

const struct multipart_upload *object_transfer_upload(const struct object_transfer *t)
{
	return t->kind == &OBJECT_PARTS ? t->parts.upload : NULL;
}

bool object_transfer_copies_parts(const struct object_transfer *t)
{
	return t->kind == &OBJECT_PARTS && t->parts.copied;
}

bool object_transfer_has_parts(const struct object_transfer *t)
{
	return t->state == OBJECT_TRANSFER_UNDER_WAY && t->kind->has_parts && t->kind->has_parts(t);
}

int object_transfer_part(struct object_transfer *t, struct err *err)
{
	return object_transfer_has_parts(t) ? t->kind->send_part(t, err) : 0;
}

bool object_transfer_is_over(const struct object_transfer *t)
{
	return t->state != OBJECT_TRANSFER_UNDER_WAY && t->task.state == TASK_IDLE &&
	       !(t->kind && t->kind->is_busy && t->kind->is_busy(t));
}

void object_transfer_free(struct object_transfer *t)
{
	if (!t)
		return;
	if (t->kind && t->kind->release)
		t->kind->release(t);
	current_document_free(t->now);
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t->body);
	free(t);
}
