#include "stage/registry/session.h"

#include "base/cleanup.h"
#include "base/http/curl.h"
#include "base/http/uri.h"
#include "base/units.h"
#include "base/user_file.h"
#include "stage/registry/redirect.h"
#include "stage/registry/refusal.h"
#include "stage/registry/session_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 200 }; /* at most: the limits of the run are looked at */

static int64_t given(int64_t value, int64_t otherwise)
{
	return value > 0 ? value : otherwise;
}

static int copy_host(struct registry_session *s, struct err *err)
{
	AUTO_STR struct str api = STR_INIT(REGISTRY_HOST_MAX);
	char port[16] = "";
	int len;

	if (s->ref.port)
		(void)snprintf(port, sizeof(port), ":%u", s->ref.port);
	len = snprintf(s->host, sizeof(s->host), "%s%s", s->ref.host, port);
	if (len < 0 || (size_t)len >= sizeof(s->host) ||
	    registry_reference_api_host(&s->ref, &api) < 0)
		return err_set(err, ERR_USAGE, "the host's name is too long");
	(void)snprintf(s->api, sizeof(s->api), "%s", str_text(&api));
	return 0;
}

static int connect_up(struct registry_session *s, struct err *err)
{
	const struct registry_options *o = s->options;
	struct registry_certs_options where = {.home = o->env("HOME")};
	struct http_curl_options http = HTTP_CURL_OPTIONS_DEFAULT;

	if (registry_certs_find(&where, s->host, &s->certs, err) < 0)
		return -1;
	http.no_verify_tls = o->no_verify_tls;
	http.stall_ms = http.answer_ms = given(o->stall_ms, HTTP_STALL_MS);
	http.bwlimit_bytes_per_s = o->bwlimit_bytes_per_s;
	if (s->certs.authorities.len)
		http.ca_pem = str_text(&s->certs.authorities);
	if (s->certs.client_cert.len) {
		http.client_cert = str_text(&s->certs.client_cert);
		http.client_key = str_text(&s->certs.client_key);
	} else {
		http.client_cert = o->client_cert;
		http.client_key = o->client_key;
	}
	user_file_warn_exposed(http.client_key ? http.client_key : http.client_cert,
	                       "a private key", s->sink);
	s->transport = http_curl_new(&http, err);
	return s->transport ? 0 : -1;
}

struct registry_session *registry_session_new(const struct registry_options *options,
                                              const struct registry_reference *ref,
                                              const struct event_sink *sink, struct err *err)
{
	static const struct registry_certs no_certs = REGISTRY_CERTS_INIT;
	struct registry_session *s = calloc(1, sizeof(*s));
	struct patience patience = {
		.connect_wait_ms = given(options->connect_wait_ms, REGISTRY_CONNECT_WAIT_MS),
		.give_up_after_ms = given(options->give_up_after_ms, REGISTRY_GIVE_UP_AFTER_MS),
		.deadline_ms = options->deadline_ms};

	if (!s) {
		(void)err_memory(err);
		return NULL;
	}
	s->options = options;
	s->sink = sink;
	s->ref = *ref;
	s->certs = no_certs;
	s->https = true;
	s->scheme_known = !options->no_verify_tls && !uri_host_is_loopback(ref->host);
	s->auth.options = options;
	s->auth.host = s->host;
	s->auth.sink = sink;
	s->link.alive_at_ms = monotonic_ms();
	s->give_up = give_up_begin(&patience, s->link.alive_at_ms);
	if (copy_host(s, err) < 0 || connect_up(s, err) < 0) {
		registry_session_free(s);
		return NULL;
	}
	return s;
}

void registry_session_free(struct registry_session *s)
{
	if (!s)
		return;
	registry_cancel_all(s);
	http_curl_free(s->transport);
	registry_certs_release(&s->certs);
	registry_auth_release(&s->auth);
	free(s);
}

bool registry_session_is_for(const struct registry_session *s, const struct registry_reference *ref)
{
	return strcmp(s->ref.host, ref->host) == 0 && s->ref.port == ref->port &&
	       strcmp(s->ref.mirrored, ref->mirrored) == 0;
}

const char *registry_session_host(const struct registry_session *s)
{
	return s->host;
}

const struct registry_options *registry_session_options(const struct registry_session *s)
{
	return s->options;
}

const struct event_sink *registry_session_sink(const struct registry_session *s)
{
	return s->sink;
}

int registry_session_url(const struct registry_session *s, const char *path, struct str *url,
                         struct err *err)
{
	if (path[0] == '/')
		(void)str_addf(url, "%s://%s%s", s->https ? "https" : "http", s->api, path);
	else
		(void)str_adds(url, path);
	if (path[0] == '/' && s->ref.mirrored[0])
		(void)str_addf(url, "%sns=%s", strchr(path, '?') ? "&" : "?", s->ref.mirrored);
	return str_check(url, "the URL", err);
}

/* --- the queue ------------------------------------------------------------------------------- */

void session_enqueue(struct registry_session *s, struct registry_task *task, int64_t due_ms)
{
	struct registry_task **at = &s->queue;

	while (*at)
		at = &(*at)->next;
	*at = task;
	task->next = NULL;
	task->queued = true;
	task->due_ms = due_ms;
}

void session_unlink(struct registry_task **list, struct registry_task *task)
{
	while (*list != task)
		list = &(*list)->next;
	*list = task->next;
	task->next = NULL;
	task->queued = false;
}

void registry_submit(struct registry_session *s, struct registry_task *task)
{
	task->session = s;
	task->exchange = NULL;
	task->scope = NULL;
	str_init(&task->target, REDIRECT_URL_MAX);
	task->redirects = task->attempts = task->answered = task->challenged = 0;
	task->lost_target = 0;
	task->fresh_connection = false;
	session_enqueue(s, task, 0);
}

void registry_submit_rest(struct registry_task *task, const struct http_answer *answer)
{
	session_ask_rest(task, answer);
}

unsigned registry_room(const struct registry_session *s)
{
	unsigned max = s->options->transfers ? s->options->transfers : REGISTRY_TRANSFERS;
	unsigned waiting = 0;

	for (const struct registry_task *t = s->queue; t; t = t->next)
		waiting++;
	return s->flying_count + waiting < max ? max - s->flying_count - waiting : 0;
}

void registry_cancel_all(struct registry_session *s)
{
	while (s->queue) {
		str_release(&s->queue->target);
		session_unlink(&s->queue, s->queue);
	}
	while (s->flying) {
		struct registry_task *task = s->flying;

		s->transport->ops->cancel(s->transport, task->exchange);
		str_release(&task->target);
		session_unlink(&s->flying, task);
	}
	s->flying_count = 0;
	if (s->token.scope)
		registry_token_request_release(&s->token.request);
	s->token.scope = NULL;
}

int registry_task_refused(const struct registry_task *task, const struct http_answer *answer,
                          struct err *err)
{
	return registry_refusal(task->session->host, task->what, task->scope, answer, err);
}

void session_end_task(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err)
{
	str_release(&task->target);
	task->done(task, answer, err);
}

void session_end_run(struct registry_session *s, const struct err *err)
{
	if (s->fatal.code == ERR_NONE)
		s->fatal = *err;
}

void session_link_is_there(struct registry_session *s, int64_t now)
{
	if (!link_health_answered(&s->link, now))
		return;
	for (struct registry_task *t = s->queue; t; t = t->next)
		t->due_ms = 0; /* they waited for the link, not for themselves */
}

/* --- waiting --------------------------------------------------------------------------------- */

static int wait_time(const struct registry_session *s)
{
	int64_t now = monotonic_ms(), wait = s->queue || s->flying ? WAIT_MS : 0;

	for (const struct registry_task *t = s->queue; t; t = t->next)
		if (t->due_ms > now && t->due_ms - now < wait)
			wait = t->due_ms - now;
	return (int)wait;
}

static int step(struct registry_session *s, struct err *err)
{
	if (s->fatal.code == ERR_NONE &&
	    (give_up_check(&s->give_up, monotonic_ms(), err) < 0 || session_send_due(s, err) < 0 ||
	     s->transport->ops->poll(s->transport, wait_time(s), err) < 0))
		return -1;
	if (s->fatal.code == ERR_NONE)
		return 0;
	*err = s->fatal;
	return -1;
}

int registry_wait(struct registry_session *s, registry_over_fn *is_over, void *context,
                  struct err *err)
{
	int over;

	/* What was done here meanwhile is no silence of the registry's. */
	if (!s->flying)
		s->give_up.started_ms = s->give_up.progress_at_ms = monotonic_ms();
	while ((over = is_over(context, err)) == 0)
		if (step(s, err) < 0) {
			registry_cancel_all(s);
			return -1;
		}
	if (over < 0)
		registry_cancel_all(s);
	return over < 0 ? -1 : 0;
}
