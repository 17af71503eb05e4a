/*
 * The part of object.h that sends an object in one PUT. What other roots write as well is replaced
 * only if it is what the plan was made from (W1, W4):
 *
 *     PUT ──► 412, 409, 500, or no ETag in the answer
 *      ▲       ▼
 *      │      HEAD ──► our bytes: done
 *      │       │  └──► something else: OBJECT_TRANSFER_CONFLICT for a list, OBJECT_TRANSFER_HELD
 * for a tag └───────┘ nothing has changed: the same again; after 412 the condition is read
 * otherwise
 */
#include "sync/transfer/object_internal.h"

#include "sync/diff/classify_input.h"

#include <stdio.h>
#include <string.h>

/* A key whose bytes are to be replaced only if they are the ones that the plan was made from. */
static bool is_shared(const struct object_transfer *s)
{
	return object_class_is_derived(s->item.object_class) ||
	       (s->item.object_class == CLASS_TAG &&
	        !classify_input_is_forced(s->run, s->item.key));
}

void object_transfer_doubt_conditions(struct object_transfer *s)
{
	if (s->traits == sync_run_provider(s->run)->traits)
		session_doubt_conditions(&s->run->session);
}

static void fill_put(struct object_transfer *s);

/* Our PUT had no effect, and nobody else's either. */
static bool nothing_changed(const struct object_transfer *s, const struct s3_result *result)
{
	if (s->item.there_etag[0])
		return result->ok && strcmp(result->head.etag, s->item.there_etag) == 0;
	return !result->ok;
}

/* The token tells whose PUT it was; it stands for the bytes only where the ETag tells nothing. */
static bool has_our_bytes(const struct object_transfer *s, const struct s3_result *result)
{
	char expected[2 * MD5_BYTES + 1];

	if (!result->ok || result->head.size_bytes != s->item.size_bytes)
		return false;
	if (strcmp(result->head.etag, hex_text(s->item.md5, MD5_BYTES, expected)) == 0)
		return true;
	return object_transfer_is_opaque(s, result) && result->head.meta_token &&
	       strcmp(result->head.meta_token, s->run->token) == 0;
}

/* What nobody else writes is not what was just sent. */
static void put_again(struct object_transfer *s, const struct s3_result *result)
{
	struct err err = ERR_INIT;

	if (++s->mismatches < MISMATCHES_MAX) {
		object_transfer_put(s);
		return;
	}
	(void)err_set(&err, ERR_INTEGRITY,
	              "%s: after it was sent the bucket holds something else (%s)", s->item.key,
	              result->ok ? result->head.etag : "nothing");
	object_transfer_fail(s, &err);
}

static void put_unsure(struct object_transfer *s)
{
	object_transfer_doubt_conditions(s);
	object_transfer_put(s);
}

/* The same once more, under the same condition; its failures are counted on. */
static void put_failed_again(struct object_transfer *s)
{
	fill_put(s);
	dispatch_again(&s->run->dispatch, &s->task);
}

/* W1: the tag is not what the listing showed. Theirs stays; one that is gone is sent as new. */
static void on_moved(struct object_transfer *s, const struct s3_result *result)
{
	if (result->ok) {
		object_transfer_end(s, OBJECT_TRANSFER_HELD);
		return;
	}
	s->item.there_etag[0] = '\0';
	object_transfer_put(s);
}

static void on_look(struct task *task, struct s3_result *result,
                    const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;

	if (!result->ok && result->status != 404)
		object_transfer_fail_by(s, result, decision);
	else if (has_our_bytes(s, result))
		object_transfer_done(s, result->head.etag, 0);
	else if (!is_shared(s) || (s->taken && nothing_changed(s, result)))
		put_again(s, result);
	else if (nothing_changed(s, result) && s->refused)
		put_unsure(s);
	else if (nothing_changed(s, result))
		put_failed_again(s);
	else if (object_class_is_derived(s->item.object_class))
		object_transfer_end(s, OBJECT_TRANSFER_CONFLICT);
	else
		on_moved(s, result);
}

static bool is_conditional(const struct object_transfer *s)
{
	return s->task.request.if_match || s->task.request.if_none_match;
}

/* The effect may be there: look. */
static void look(struct object_transfer *s, const struct s3_result *result,
                 const struct retry_decision *decision)
{
	s->taken = result->ok;
	s->refused = decision->action == RETRY_LOOK;
	s->task.request = (struct s3_request){.op = S3_HEAD, .key = s->item.key};
	s->task.weight = TASK_LIGHT;
	s->task.done = on_look;
	dispatch_follow(&s->run->dispatch, &s->task, decision);
}

static void on_put_failed(struct object_transfer *s, struct s3_result *result,
                          const struct retry_decision *decision)
{
	switch (decision->action) {
	case RETRY_REHASH:
		if (object_transfer_still_whole(s, 0, s->item.size_bytes, HASH_SHA256, s->sha256))
			dispatch_again(&s->run->dispatch, &s->task);
		break;
	case RETRY_LOOK:
	case RETRY_MERGE:
		look(s, result, decision);
		break;
	default:
		/* Some servers have the headers but not the feature. */
		if ((result->status == 400 || result->status == 501) && is_conditional(s))
			put_unsure(s);
		/* What If-Match asks for is gone. */
		else if (decision->code == ERR_NOT_FOUND && s->task.request.if_match)
			look(s, result, decision);
		else
			object_transfer_fail_by(s, result, decision);
		break;
	}
}

static void on_put(struct task *task, struct s3_result *result,
                   const struct retry_decision *decision)
{
	struct object_transfer *s = task->owner;
	char expected[2 * MD5_BYTES + 1];

	s->sent_bytes += result->sent_bytes;
	if (!result->ok) {
		on_put_failed(s, result, decision);
		return;
	}
	(void)hex_text(s->item.md5, MD5_BYTES, expected);
	if (strcmp(result->head.etag, expected) == 0 ||
	    (result->head.etag[0] && object_transfer_is_opaque(s, result)))
		object_transfer_done(s, result->head.etag, 0);
	else if (result->head.etag[0] == '\0')
		look(s, result, decision);
	else
		object_transfer_mismatch(s, task, result->head.etag, expected);
}

/*
 * W1, W4: a tag is written only over the one that was listed, a list only over what was merged into
 * it, where the server can tell.
 */
static void set_condition(struct object_transfer *s)
{
	const struct provider *p = sync_run_provider(s->run);

	s->traits = p->traits;
	if (!is_shared(s))
		return;
	if (s->item.there_etag[0] && provider_has(p, PROVIDER_IF_MATCH))
		s->task.request.if_match = s->item.there_etag;
	if (!s->item.there_etag[0] && provider_has(p, PROVIDER_IF_NONE_MATCH))
		s->task.request.if_none_match = true;
}

static void fill_put(struct object_transfer *s)
{
	struct s3_request *r = &s->task.request;

	*r = (struct s3_request){.op = S3_PUT, .key = s->item.key};
	r->body.data = s->body;
	r->body.fd = s->fd;
	r->body.length_bytes = s->item.size_bytes;
	r->sha256 = s->sha256;
	r->md5 = s->item.md5;
	r->attributes = s->attributes.s3;
	set_condition(s);
	s->task.weight = s->item.size_bytes >= TASK_HEAVY_BYTES ? TASK_HEAVY : TASK_LIGHT;
	s->task.done = on_put;
}

void object_transfer_put(struct object_transfer *s)
{
	fill_put(s);
	dispatch_submit(&s->run->dispatch, &s->task);
}
