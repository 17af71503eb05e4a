/*
 * The kind of object.h that has the server copy an object from a key that has its bytes (U4):
 *
 *     COPY ──► the ETag is one that it may have: done
 *      │ └──► no ETag in the answer ──► HEAD ──► its bytes: done
 *      │                                  └──► others, or none: it is sent
 *      └──► refused: its parts are copied where it is too large, else it is sent
 */
#include "sync/transfer/object_internal.h"

#include "sync/s3/etag_meaning.h"

#include <string.h>

/* A server whose limit for one copy is lower than S3's 5 GiB says so; its parts can be copied. */
static bool is_too_large(const struct object_transfer *t, const struct s3_result *result)
{
	return result->status == 400 &&
	       (strcmp(result->fault.code, "InvalidRequest") == 0 ||
	        strcmp(result->fault.code, "EntityTooLarge") == 0) &&
	       sync_run_part_total(t->run, t->item.size_bytes) > 0 &&
	       provider_has(sync_run_provider(t->run), PROVIDER_COPY_PART);
}

/* Whatever it was, the bytes are here as well. */
static void send_instead(struct object_transfer *t, const char *why)
{
	struct err err = ERR_INIT;

	event_log(t->run->sink, 1, "%s: not copied from %s (%s); sending it", t->item.key,
	          t->item.source, why);
	t->item.verb = ACTION_UPLOAD;
	if (object_transfer_send(t, false, &err) < 0)
		object_transfer_fail_or_end_run(t, &err);
}

static void copy_in_parts(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	if (object_transfer_send(t, true, &err) < 0)
		object_transfer_fail_or_end_run(t, &err);
}

/* Only an MD5 that is another tells something: a copy may keep the ETag of its source's parts. */
static bool is_other(const struct object_transfer *t, const char *etag,
                     const struct s3_result *result)
{
	struct etag parsed;

	if (!md5_known(t->item.md5) ||
	    etag_meaning(sync_run_provider(t->run), etag, &result->head) == ETAG_IS_OPAQUE ||
	    (etag_parse(&parsed, etag) && parsed.parts > 0))
		return false;
	return !etag_is_md5(etag, t->item.md5);
}

static void on_copy_seen(struct task *task, struct s3_result *result,
                         const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;
	const char *etag = result->head.etag;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(t, result, decision);
	else if (result->ok && etag[0] && result->head.size_bytes == t->item.size_bytes &&
	         !is_other(t, etag, result))
		object_transfer_done(t, etag, 0);
	else
		send_instead(t, result->ok ? "its bytes are others" : "it is not there");
}

static void on_copy(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;
	const char *etag = result->receipt.etag;

	if (result->ok && etag[0] && !is_other(t, etag, result)) {
		object_transfer_done(t, etag, 0);
	} else if (result->ok) {
		t->task.request = (struct s3_request){.op = S3_HEAD, .key = t->item.key};
		t->task.done = on_copy_seen;
		dispatch_follow(&t->run->dispatch, &t->task, decision);
	} else if (is_too_large(t, result)) {
		copy_in_parts(t);
	} else {
		send_instead(t, result->fault.code);
	}
}

static int begin_copy(struct object_transfer *t, struct err *err)
{
	if (object_transfer_find_sha256(t, err) < 0 ||
	    object_headers_make(&t->headers, t->run, &t->item, t->sha256, t->run->token, err) < 0)
		return -1;
	t->task.request = (struct s3_request){.op = S3_COPY,
	                                      .key = t->item.key,
	                                      .copy_from = t->item.source,
	                                      .replace_metadata = true,
	                                      .attributes = t->headers.s3};
	if (t->item.source_etag[0])
		t->task.request.copy_if_match = t->item.source_etag;
	t->task.done = on_copy;
	dispatch_submit(&t->run->dispatch, &t->task);
	return 0;
}

const struct object_kind OBJECT_COPY = {.begin = begin_copy};
