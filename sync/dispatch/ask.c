#include "sync/dispatch/ask.h"

#include "sync/s3/client.h"
#include "sync/s3/etag_meaning.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { STEP_BYTES = 4 << 20 };

/* What is longer than it can be is none of ours. */
static void copy_meta(char *out, size_t cap, const char *value)
{
	if (!value || strlen(value) >= cap)
		value = "";
	(void)snprintf(out, cap, "%s", value);
}

static void on_answer(struct task *task, struct s3_result *result,
                      const struct retry_decision *decision)
{
	struct ask *a = task->owner;
	const struct provider *provider = s3_endpoint(task->dispatch->s3)->provider;

	a->over = true;
	if (!result->ok) {
		if (result->status != 404)
			a->result = dispatch_error(task->dispatch, result, decision, &a->err);
		return;
	}
	(void)snprintf(a->head.etag, sizeof(a->head.etag), "%s", result->head.etag);
	a->head.size_bytes = result->head.size_bytes;
	a->head.opaque = etag_meaning(provider, result->head.etag, &result->head) == ETAG_IS_OPAQUE;
	copy_meta(a->head.sha256, sizeof(a->head.sha256), result->head.meta_sha256);
	copy_meta(a->head.token, sizeof(a->head.token), result->head.meta_token);
	copy_meta(a->head.digest, sizeof(a->head.digest), result->head.meta_digest);
	a->result = 1;
	if (a->body && result->body && str_add(a->body, result->body->data, result->body->len) < 0)
		a->result = str_check(a->body, task->request.key, &a->err);
}

static void ready_ask(struct ask *a, enum s3_op op, const char *key, struct str *body)
{
	memset(a, 0, sizeof(*a));
	a->body = body;
	a->task.request.op = op;
	a->task.request.key = key;
	a->task.request.body_max_bytes = body ? body->max : 0;
	a->task.owner = a;
	a->task.done = on_answer;
}

void ask_start(struct ask *a, struct dispatch *d, enum s3_op op, const char *key, struct str *body)
{
	ready_ask(a, op, key, body);
	dispatch_submit(d, &a->task);
}

bool ask_is_over(const struct ask *a)
{
	return a->over;
}

int ask_end(const struct ask *a, struct err *err)
{
	if (a->result < 0)
		*err = a->err;
	return a->result;
}

static int is_answered(void *context, struct err *err)
{
	(void)err;
	return ask_is_over(context);
}

static int ask_wait(struct ask *a, struct dispatch *d, struct err *err)
{
	return dispatch_wait(d, is_answered, a, err) < 0 ? -1 : ask_end(a, err);
}

int ask_head(struct dispatch *d, const char *key, struct ask_head *head, struct err *err)
{
	return ask_get(d, key, head, NULL, err);
}

int ask_get(struct dispatch *d, const char *key, struct ask_head *head, struct str *body,
            struct err *err)
{
	struct ask a;
	int got;

	ask_start(&a, d, body ? S3_GET : S3_HEAD, key, body);
	got = ask_wait(&a, d, err);
	*head = a.head;
	return got;
}

static int ask_range(struct dispatch *d, const char *key, uint64_t offset_bytes,
                     uint64_t length_bytes, struct str *body, struct err *err)
{
	struct ask a;

	str_clear(body);
	ready_ask(&a, S3_GET, key, body);
	a.task.request.range_offset_bytes = offset_bytes;
	a.task.request.range_length_bytes = length_bytes;
	dispatch_submit(d, &a.task);
	return ask_wait(&a, d, err);
}

static int hash_steps(struct dispatch *d, const char *key, uint64_t size_bytes, struct hash *hash,
                      struct err *err)
{
	AUTO_STR struct str body = STR_INIT(STEP_BYTES);

	for (uint64_t at = 0; at < size_bytes; at += STEP_BYTES) {
		uint64_t left = size_bytes - at;
		uint64_t want = left < STEP_BYTES ? left : STEP_BYTES;
		int got = ask_range(d, key, at, want, &body, err);

		if (got <= 0)
			return got;
		if (body.len != want)
			return 0;
		if (hash_add(hash, body.data, body.len, err) < 0)
			return -1;
	}
	return 1;
}

int ask_hash(struct dispatch *d, const char *key, uint64_t size_bytes, enum hash_kind kind,
             uint8_t *out, struct err *err)
{
	struct hash hash = HASH_INIT;
	int got =
		hash_start(&hash, kind, err) < 0 ? -1 : hash_steps(d, key, size_bytes, &hash, err);

	if (got > 0 && hash_finish(&hash, out, err) < 0)
		got = -1;
	hash_release(&hash);
	return got;
}
