/*
 * The kind of object.h that sends an object in one PUT. What other roots write as well is replaced
 * only if it is what the plan was made from (W1, W4):
 *
 *     PUT ──► 412, 409, 500, or no ETag in the answer
 *      ▲       ▼
 *      │      HEAD ──► our bytes: done
 *      │       │  └──► something else: OBJECT_TRANSFER_CONFLICT for a list, _HELD for a tag
 *      └───────┘ nothing has changed: the same again, after 412 with the condition read otherwise
 */
#include "sync/transfer/object_internal.h"

#include "sync/diff/classify_input.h"

#include <stdio.h>
#include <string.h>

/* A key whose bytes are to be replaced only if they are the ones that the plan was made from. */
static bool is_shared(const struct object_transfer *t)
{
	return object_class_is_derived(t->item.object_class) ||
	       (t->item.object_class == CLASS_TAG &&
	        !classify_input_is_forced(t->run, t->item.key));
}

static void fill_put(struct object_transfer *t);
static void put(struct object_transfer *t);

/* Our PUT had no effect, and no other write has come. */
static bool nothing_changed(const struct object_transfer *t, const struct s3_result *result)
{
	if (t->item.there_etag[0])
		return result->ok && etag_same(result->head.etag, t->item.there_etag);
	return !result->ok;
}

/* The token tells whose PUT it was; it stands for the bytes only where the ETag tells nothing. */
static bool has_our_bytes(const struct object_transfer *t, const struct s3_result *result)
{
	if (!result->ok || result->head.size_bytes != t->item.size_bytes)
		return false;
	if (t->item.size_bytes == 0 || etag_is_md5(result->head.etag, t->item.md5))
		return true;
	return object_transfer_is_opaque(t, result) && result->head.meta_token &&
	       strcmp(result->head.meta_token, t->run->token) == 0;
}

/* What this root alone writes is not what was just sent. */
static void put_again(struct object_transfer *t, const struct s3_result *result)
{
	struct err err = ERR_INIT;

	if (++t->mismatches < MISMATCHES_MAX) {
		put(t);
		return;
	}
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: after it was sent the bucket holds something else (%s)", t->item.key,
	              result->ok ? result->head.etag : "nothing");
	object_transfer_fail(t, &err);
}

/* A server that has no such operation (501): without the condition it will tell whether it is that.
 */
static void put_without_condition(struct object_transfer *t)
{
	session_leave_conditions(&t->run->session);
	t->put.unknown = true;
	put(t);
}

static void put_unsure(struct object_transfer *t)
{
	object_transfer_doubt_conditions(t, t->put.traits);
	put(t);
}

/* The same once more, under the same condition; its failures are counted on. */
static void put_failed_again(struct object_transfer *t)
{
	fill_put(t);
	dispatch_again(&t->run->dispatch, &t->task);
}

/* W1: the tag is not what the listing showed. It stays; one that is gone is sent as new. */
static void on_moved(struct object_transfer *t, const struct s3_result *result)
{
	if (result->ok) {
		object_transfer_end(t, OBJECT_TRANSFER_HELD);
		return;
	}
	t->item.there_etag[0] = '\0';
	put(t);
}

static void on_look(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(t, result, decision);
	else if (has_our_bytes(t, result))
		object_transfer_done(t, result->head.etag, 0);
	else if (!is_shared(t) || (t->put.taken && nothing_changed(t, result)))
		put_again(t, result);
	else if (nothing_changed(t, result) && t->put.refused)
		put_unsure(t);
	else if (nothing_changed(t, result))
		put_failed_again(t);
	else if (object_class_is_derived(t->item.object_class))
		object_transfer_end(t, OBJECT_TRANSFER_CONFLICT);
	else
		on_moved(t, result);
}

static bool is_conditional(const struct object_transfer *t)
{
	return t->task.request.if_match || t->task.request.if_none_match;
}

/* The effect may be there: look. */
static void look(struct object_transfer *t, const struct s3_result *result,
                 const struct retry_decision *decision)
{
	t->put.taken = result->ok;
	t->put.refused = decision->action == RETRY_LOOK;
	t->task.request = (struct s3_request){.op = S3_HEAD, .key = t->item.key};
	t->task.weight = TASK_LIGHT;
	t->task.done = on_look;
	dispatch_follow(&t->run->dispatch, &t->task, decision);
}

/* The link was cut before it had carried all: of parts each that arrives stays. */
static void cut_up(struct object_transfer *t)
{
	struct err err = ERR_INIT;

	event_log(t->run->sink, 1, "%s: too large for this link in one piece; sending parts",
	          t->item.key);
	if (object_transfer_become(t, &OBJECT_PARTS, &err) < 0)
		object_transfer_fail_or_end_run(t, &err);
}

static void on_put_failed(struct object_transfer *t, struct s3_result *result,
                          const struct retry_decision *decision)
{
	switch (decision->action) {
	case RETRY_SEND:
		cut_up(t);
		break;
	case RETRY_REHASH:
		if (object_transfer_still_whole(t, 0, t->item.size_bytes, HASH_SHA256, t->sha256))
			dispatch_again(&t->run->dispatch, &t->task);
		break;
	case RETRY_LOOK:
	case RETRY_MERGE:
		look(t, result, decision);
		break;
	default:
		/* Some servers have the headers but not the feature. */
		if (result->status == 501 && is_conditional(t))
			put_without_condition(t);
		else if (result->status == 400 && is_conditional(t))
			put_unsure(t);
		/* What If-Match asks for is gone. */
		else if (decision->code == ERR_NOT_FOUND && t->task.request.if_match)
			look(t, result, decision);
		else
			object_transfer_fail_by(t, result, decision);
		break;
	}
}

static void on_put(struct task *task, struct s3_result *result,
                   const struct retry_decision *decision)
{
	struct object_transfer *t = task->owner;
	char expected[2 * MD5_BYTES + 1];

	t->sent_bytes += result->acknowledged_bytes;
	if (!result->ok) {
		on_put_failed(t, result, decision);
		return;
	}
	if (t->put.unknown)
		t->run->session.conditions_refused = true;
	if (t->task.request.if_match && t->put.traits == sync_run_provider(t->run)->traits)
		session_condition_held(&t->run->session);
	(void)hex_text(t->item.md5, MD5_BYTES, expected);
	if (etag_is_md5(result->head.etag, t->item.md5) ||
	    (result->head.etag[0] && object_transfer_is_opaque(t, result)))
		object_transfer_done(t, result->head.etag, 0);
	else if (result->head.etag[0] == '\0')
		look(t, result, decision);
	else if (object_class_is_derived(t->item.object_class))
		object_transfer_end(t, OBJECT_TRANSFER_CONFLICT); /* its bytes will tell */
	else
		(void)object_transfer_mismatch(t, task, result->head.etag, expected);
}

/*
 * W1, W4: a tag is written only over the one that was listed, a list only over what was merged into
 * it, where the server can tell.
 */
static void set_condition(struct object_transfer *t)
{
	const struct provider *p = sync_run_provider(t->run);

	t->put.traits = p->traits;
	if (!is_shared(t))
		return;
	if (t->item.there_etag[0] && provider_has(p, PROVIDER_IF_MATCH))
		t->task.request.if_match = t->item.there_etag;
	if (!t->item.there_etag[0] && provider_has(p, PROVIDER_IF_NONE_MATCH))
		t->task.request.if_none_match = true;
}

static void fill_put(struct object_transfer *t)
{
	struct s3_request *r = &t->task.request;

	*r = (struct s3_request){.op = S3_PUT, .key = t->item.key};
	r->body.data = t->body;
	r->body.fd = t->fd;
	r->body.length_bytes = t->item.size_bytes;
	r->sha256 = t->sha256;
	r->md5 = t->item.md5;
	r->attributes = t->headers.s3;
	set_condition(t);
	t->task.weight = t->item.size_bytes >= TASK_HEAVY_BYTES ? TASK_HEAVY : TASK_LIGHT;
	t->task.return_cut = object_transfer_is_divisible(t);
	t->task.done = on_put;
}

static void put(struct object_transfer *t)
{
	fill_put(t);
	dispatch_submit(&t->run->dispatch, &t->task);
}

static int begin_put(struct object_transfer *t, struct err *err)
{
	if (object_headers_make(&t->headers, t->run, &t->item, t->sha256, t->run->token, err) < 0)
		return -1;
	put(t);
	return 0;
}

const struct object_kind OBJECT_PUT = {.begin = begin_put};
