#include "base/cleanup.h"
#include "base/units.h"
#include "stage/registry/redirect.h"
#include "stage/registry/refusal.h"
#include "stage/registry/session_internal.h"

#include <string.h>

enum {
	HEADERS_MAX = 4, /* that are sent */
	HEADER_MAX = 128 << 10,
	PING_MAX_BYTES = 64 << 10,
};

static int begin_sink(void *context, int status, const struct str *headers)
{
	struct registry_task *task = context;

	session_link_is_there(task->session, monotonic_ms());
	return task->sink.begin(task->sink.context, status, headers);
}

static int take_bytes(void *context, const void *data, size_t len)
{
	struct registry_task *task = context;

	task->moved_bytes += len;
	give_up_moved(&task->session->give_up, monotonic_ms());
	return task->sink.take(task->sink.context, data, len);
}

/*
 * What is sent with a request. A secret goes to the registry alone, and a password for a token to
 * the token server that the registry has named: `redirected` to another server, neither goes (R4).
 */
static int fill_headers(struct registry_task *task, bool redirected, struct str text[HEADERS_MAX],
                        struct err *err)
{
	struct registry_session *s = task->session;

	if (task->accept)
		(void)str_addf(&text[0], "Accept: %s", task->accept);
	if (task->from_bytes > 0)
		(void)str_addf(&text[1], "Range: bytes=%llu-",
		               (unsigned long long)task->from_bytes);
	if (task->form)
		(void)str_adds(&text[2], "Content-Type: application/x-www-form-urlencoded");
	if (redirected)
		return 0;
	if (task->header)
		return str_adds(&text[3], task->header);
	if (!task->scope || task->url[0] != '/')
		return 0;
	return registry_auth_header(&s->auth, task->scope, &text[3], err);
}

static int send_with(struct registry_task *task, struct str text[HEADERS_MAX], struct err *err)
{
	struct registry_session *s = task->session;
	AUTO_STR struct str url = STR_INIT(REDIRECT_URL_MAX);
	AUTO_STR struct str own = STR_INIT(REDIRECT_URL_MAX);
	const char *headers[HEADERS_MAX];
	struct http_request request = {
		.method = task->method,
		.headers = headers,
		.body = {.data = task->form, .length_bytes = task->form ? strlen(task->form) : 0},
		.answer_max_bytes = task->answer_max_bytes,
		.fresh_connection = task->fresh_connection,
		.done = session_on_answer,
		.context = task,
	};

	if (registry_session_url(s, task->url, &own, err) < 0)
		return -1;
	(void)str_adds(&url, task->target.len ? str_text(&task->target) : str_text(&own));
	if (str_check(&url, "the URL", err) < 0 ||
	    fill_headers(task, !registry_same_origin(str_text(&own), str_text(&url)), text, err) <
	            0)
		return -1;
	request.url = str_text(&url);
	for (int i = 0; i < HEADERS_MAX; i++)
		if (text[i].len > 0)
			headers[request.header_count++] = str_text(&text[i]);
	if (task->sink.take)
		request.sink = (struct http_sink){begin_sink, take_bytes, task};
	return s->transport->ops->submit(s->transport, &request, &task->exchange, err);
}

static int send_task(struct registry_task *task, struct err *err)
{
	struct registry_session *s = task->session;
	struct str text[HEADERS_MAX];
	int result;

	for (int i = 0; i < HEADERS_MAX; i++)
		str_init(&text[i], HEADER_MAX);
	task->moved_bytes = 0;
	session_unlink(&s->queue, task);
	task->next = s->flying;
	s->flying = task;
	s->flying_count++;
	result = send_with(task, text, err);
	for (int i = 0; i < HEADERS_MAX; i++)
		str_wipe(&text[i]);
	if (result == 0)
		return 0;
	session_unlink(&s->flying, task);
	s->flying_count--;
	return -1;
}

/* --- tokens and the scheme -------------------------------------------------------------------- */

/* Those that wait for the token of a scope fail with it. */
static void fail_waiting(struct registry_session *s, const struct registry_scope *scope,
                         const struct err *why)
{
	struct registry_task *task = s->queue;

	while (task) {
		struct err err = *why;

		if (task->scope != scope) {
			task = task->next;
			continue;
		}
		session_unlink(&s->queue, task);
		(void)err_context(&err, "%s: %s", s->host, task->what);
		session_end_task(task, NULL, &err);
		task = s->queue; /* done may have changed it */
	}
}

static void on_token(struct registry_task *task, const struct http_answer *answer,
                     const struct err *err)
{
	struct registry_session *s = task->session;
	struct registry_scope *scope = s->token.scope;
	AUTO_STR struct str told = STR_INIT(ERR_MESSAGE_MAX);
	struct err why = ERR_INIT;
	int result = -1;

	if (!answer)
		why = *err;
	else if (answer->status != 200)
		(void)registry_refusal(s->auth.realm, task->what, NULL, answer, &why);
	else
		result = registry_token_read(&scope->token, str_text(answer->body),
		                             answer->body->len, now_ms(), monotonic_ms(), &why);
	registry_token_request_release(&s->token.request);
	s->token.scope = NULL;
	if (result == 0)
		return;
	registry_auth_tell(scope, &told);
	(void)err_context(&why, "token server%.900s", str_text(&told));
	fail_waiting(s, scope, &why);
}

static int ask_token(struct registry_session *s, struct registry_scope *scope, struct err *err)
{
	struct registry_task *task = &s->token.task;

	if (registry_auth_token_request(&s->auth, scope, &s->token.request, err) < 0) {
		registry_token_request_release(&s->token.request);
		return -1;
	}
	memset(task, 0, sizeof(*task));
	s->token.scope = scope;
	task->url = str_text(&s->token.request.url);
	task->method = s->token.request.form.len ? HTTP_POST : HTTP_GET;
	task->form = s->token.request.form.len ? str_text(&s->token.request.form) : NULL;
	task->header = s->token.request.header.len ? str_text(&s->token.request.header) : NULL;
	task->what = "a token";
	task->answer_max_bytes = TOKEN_ANSWER_BYTES;
	task->done = on_token;
	registry_submit(s, task);
	return 0;
}

static void on_ping(struct registry_task *task, const struct http_answer *answer,
                    const struct err *err)
{
	struct registry_session *s = task->session;

	if (!answer) {
		session_end_run(s, err);
		return;
	}
	s->scheme_known = true;
	if (answer->status == 401)
		registry_auth_note(&s->auth, answer->headers, s->https);
}

static void ask_scheme(struct registry_session *s)
{
	if (s->ping.session)
		return;
	s->ping.url = "/v2/";
	s->ping.what = "/v2/";
	s->ping.answer_max_bytes = PING_MAX_BYTES;
	s->ping.done = on_ping;
	registry_submit(s, &s->ping);
}

/* Whether the task may go now; a token that it needs is asked for first. 1, 0, -1, or 2 when
 * the queue has lost some. */
static int is_ready(struct registry_session *s, struct registry_task *task, int64_t now,
                    struct err *err)
{
	if (task->due_ms > now || (!s->scheme_known && task != &s->ping))
		return 0;
	if (task == &s->ping || task == &s->token.task || !task->repo)
		return 1;
	if (!task->scope)
		task->scope = registry_auth_scope(&s->auth, task->repo, err);
	if (!task->scope)
		return -1;
	if (!registry_auth_needs_token(&s->auth, task->scope))
		return 1;
	if (!s->token.scope && ask_token(s, task->scope, err) < 0) {
		struct err why = *err;

		if (err_scope(&why) == ERR_SCOPE_RUN)
			return -1;
		fail_waiting(s, task->scope, &why);
		return 2;
	}
	return 0;
}

int session_send_due(struct registry_session *s, struct err *err)
{
	unsigned max = s->options->transfers ? s->options->transfers : REGISTRY_TRANSFERS;
	struct registry_task *task = s->queue;

	if (!s->scheme_known)
		ask_scheme(s);
	while (task && s->flying_count < max && !(s->link.down && s->flying_count > 0)) {
		struct registry_task *next;
		int ready = is_ready(s, task, monotonic_ms(), err);

		if (ready == 2) {
			task = s->queue;
			continue;
		}
		next = task->next;
		if (ready < 0 || (ready == 1 && send_task(task, err) < 0))
			return -1;
		task = next;
	}
	return 0;
}
