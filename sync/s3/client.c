#include "sync/s3/client.h"

#include "sync/s3/clock_skew.h"
#include "sync/s3/wire.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIST_ANSWER_MAX = 8 << 20, /* as xml allows */
	GET_ANSWER_MAX = 4 << 20,
	SHORT_ANSWER_MAX = 256 * 1024,
	COMPLETE_MS = 600 * 1000,
};

struct s3 {
	struct s3_settings settings;
	struct endpoint endpoint;
	struct transport *transport; /* borrowed */
	struct sigv4_signer signer;
	struct s3_call *calls; /* owned list */
	int64_t clock_offset_ms;
	uint64_t counts[REQUEST_KINDS];
};

struct s3_call {
	struct s3_call *next, *previous;
	struct s3 *s3;
	struct http_exchange *exchange;
	struct s3_asked asked; /* its texts are owned; what the answer is checked against */
	struct str document;   /* owned: a Complete's body */
	unsigned credential_generation;
	bool signed_for_a_time;
	s3_done_fn *done;
	void *context;
};

struct s3 *s3_new(const struct s3_settings *settings, struct transport *transport, struct err *err)
{
	struct s3 *s3 = calloc(1, sizeof(*s3));

	if (!s3) {
		(void)err_memory(err);
		return NULL;
	}
	s3->settings = *settings;
	s3->endpoint = settings->endpoint;
	s3->transport = transport;
	if (!s3->settings.clock_ms)
		s3->settings.clock_ms = now_ms;
	if (s3->settings.complete_ms == 0)
		s3->settings.complete_ms = COMPLETE_MS;
	return s3;
}

static void call_free(struct s3_call *call)
{
	free(call->asked.key);
	free(call->asked.prefix);
	free(call->asked.after);
	free(call->asked.token);
	str_release(&call->document);
	free(call);
}

static void unlink_call(struct s3_call *call)
{
	struct s3 *s3 = call->s3;

	if (call->previous)
		call->previous->next = call->next;
	else
		s3->calls = call->next;
	if (call->next)
		call->next->previous = call->previous;
}

void s3_free(struct s3 *s3)
{
	if (!s3)
		return;
	while (s3->calls)
		s3_cancel(s3, s3->calls);
	sigv4_signer_wipe(&s3->signer);
	free(s3);
}

static void learn_skew(struct s3 *s3, struct s3_result *result, const struct http_answer *answer)
{
	const struct clock_skew_sample sample = {
		.server_date_ms = result->server_date_ms,
		.server_time_ms = result->fault.server_time_ms,
		.sent_at_ms = answer->sent_at_ms,
		.answered_at_ms = answer->answered_at_ms,
		.cached = http_answer_header(answer, "age") != NULL,
		.refused = strcmp(result->fault.code, "RequestTimeTooSkewed") == 0,
	};

	result->skew_learned = clock_skew_learn(&s3->clock_offset_ms, &sample);
}

static void on_call_done(void *context, const struct http_answer *answer)
{
	struct s3_call *call = context;
	char words[S3_RESULT_WORDS_MAX];
	struct s3_result result;

	unlink_call(call);
	s3_result_read(&result, &call->asked, answer, words);
	result.credential_generation = call->credential_generation;
	result.signed_for_a_time = call->signed_for_a_time;
	learn_skew(call->s3, &result, answer);
	call->done(call->context, &result);
	s3_result_release(&result);
	call_free(call);
}

/* strdup that keeps NULL as NULL. */
static int copy_optional(char **to, const char *from)
{
	if (from)
		*to = strdup(from);
	return from && !*to ? -1 : 0;
}

static struct s3_call *call_new(struct s3 *s3, const struct s3_request *r, s3_done_fn *done,
                                void *context, struct err *err)
{
	struct s3_call *call = calloc(1, sizeof(*call));
	AUTO_STR struct str prefix = STR_INIT(PREFIX_MAX + S3_KEY_MAX);

	if (!call) {
		(void)err_memory(err);
		return NULL;
	}
	(void)str_addf(&prefix, "%s%s", s3->endpoint.prefix, r->prefix ? r->prefix : "");
	call->asked = (struct s3_asked){.op = r->op,
	                                .prefix = str_steal(&prefix),
	                                .remote_prefix = s3->endpoint.prefix,
	                                .part_number = r->part_number,
	                                .ranged = r->range_length_bytes > 0,
	                                .https = s3->endpoint.https};
	if (!call->asked.prefix || copy_optional(&call->asked.key, r->key) < 0 ||
	    copy_optional(&call->asked.after, r->after) < 0 ||
	    copy_optional(&call->asked.token, r->token) < 0) {
		call_free(call);
		(void)err_memory(err);
		return NULL;
	}
	call->s3 = s3;
	call->done = done;
	call->context = context;
	return call;
}

static int sign_call(struct s3 *s3, const struct s3_request *r, struct s3_wire *w,
                     struct s3_call *call, struct err *err)
{
	int64_t now = s3->settings.clock_ms();
	const struct credential *credential;

	if (r->anonymous)
		return 0;
	credential = credentials_current(s3->settings.credentials, now + s3->clock_offset_ms, err);
	if (!credential)
		return -1;
	if (credential->access_key[0] == '\0')
		return 0;
	call->credential_generation = credential->generation;
	call->signed_for_a_time = credential->session_token[0] != '\0';
	return s3_wire_sign(w, &s3->endpoint, credential, &s3->signer,
	                    (now + s3->clock_offset_ms) / 1000, err);
}

static size_t answer_max(const struct s3_request *r)
{
	switch (r->op) {
	case S3_LIST:
	case S3_LIST_UPLOADS:
	case S3_LIST_PARTS:
		return LIST_ANSWER_MAX;
	case S3_GET:
		return r->body_max_bytes ? r->body_max_bytes : (size_t)GET_ANSWER_MAX;
	default:
		return SHORT_ANSWER_MAX;
	}
}

static int submit_call(struct s3 *s3, const struct s3_request *r, struct s3_wire *w,
                       struct s3_call *call, struct err *err)
{
	struct http_request http = {
		.method = w->method,
		.url = str_text(&w->url),
		.headers = w->lines,
		.header_count = w->line_count,
		.body = w->body,
		.answer_max_bytes = answer_max(r),
		.answer_ms = r->op == S3_COMPLETE || r->op == S3_COPY || r->op == S3_COPY_PART
	                             ? s3->settings.complete_ms
	                             : 0,
		/* A second one would make an upload of which no answer tells. */
		.once = r->op == S3_CREATE_UPLOAD || r->op == S3_COMPLETE,
		.fresh_connection = r->fresh_connection,
		.done = on_call_done,
		.context = call,
	};

	/* The document's memory moves to the call, where it stays until the answer. */
	call->document = w->document;
	str_init(&w->document, 0);
	return s3->transport->ops->submit(s3->transport, &http, &call->exchange, err);
}

int s3_send(struct s3 *s3, const struct s3_request *r, s3_done_fn *done, void *context,
            struct s3_call **out, struct err *err)
{
	struct s3_call *call = call_new(s3, r, done, context, err);
	struct s3_wire wire;
	int status;

	if (!call)
		return -1;
	s3_wire_init(&wire);
	status = s3_wire_build(&wire, &s3->endpoint, r, err);
	if (status == 0)
		status = sign_call(s3, r, &wire, call, err);
	if (status == 0)
		status = s3_wire_finish(&wire, &s3->endpoint, err);
	if (status == 0)
		status = submit_call(s3, r, &wire, call, err);
	s3_wire_release(&wire);
	if (status < 0) {
		call_free(call);
		return -1;
	}
	call->next = s3->calls;
	if (call->next)
		call->next->previous = call;
	s3->calls = call;
	s3->counts[s3_op_kind(r->op)]++;
	if (out)
		*out = call;
	return 0;
}

int s3_poll(struct s3 *s3, int timeout_ms, struct err *err)
{
	return s3->transport->ops->poll(s3->transport, timeout_ms, err);
}

void s3_cancel(struct s3 *s3, struct s3_call *call)
{
	s3->transport->ops->cancel(s3->transport, call->exchange);
	unlink_call(call);
	call_free(call);
}

void s3_progress(struct s3 *s3, const struct s3_call *call, struct http_progress *progress)
{
	s3->transport->ops->progress(s3->transport, call->exchange, progress);
}

const struct endpoint *s3_endpoint(const struct s3 *s3)
{
	return &s3->endpoint;
}

const uint64_t *s3_request_counts(const struct s3 *s3)
{
	return s3->counts;
}

int64_t s3_clock_offset_ms(const struct s3 *s3)
{
	return s3->clock_offset_ms;
}

bool s3_follow_region(struct s3 *s3, const char *region)
{
	return endpoint_set_region(&s3->endpoint, region);
}

int s3_refresh_credentials(struct s3 *s3, unsigned generation, struct err *err)
{
	return credentials_refresh(s3->settings.credentials, generation,
	                           s3->settings.clock_ms() + s3->clock_offset_ms, err);
}
