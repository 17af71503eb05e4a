#include "sync/doctor/visit.h"

#include "base/cleanup.h"
#include "base/http/curl.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTTPS "https://"

enum {
	REDIRECTS_MAX = 5,
	TRIES = 3, /* of what got no answer although a connection was there, or 5xx */
	HEADERS_MAX = 64 << 10,
	ANSWER_MS = 30000,
};

/* What clients say; compression is offered as browsers do, and must not be taken up. */
static const char *const usual_headers[] = {
	"User-Agent: drydock-doctor",
	"Accept: application/vnd.oci.image.index.v1+json, "
	"application/vnd.oci.image.manifest.v1+json, "
	"application/vnd.docker.distribution.manifest.list.v2+json, "
	"application/vnd.docker.distribution.manifest.v2+json, */*",
	"Accept-Encoding: gzip",
};

enum { USUAL_HEADERS = sizeof(usual_headers) / sizeof(usual_headers[0]) };

/* A visit under way. */
struct errand {
	struct visit *visit; /* borrowed */
	enum http_method method;
	const char *header; /* borrowed, or NULL */
	struct str url;     /* owned; redirects change it */
	struct http_exchange *exchange;
	bool answered;  /* the exchange has ended: the visit holds what came */
	bool connected; /* by that exchange */
	bool over;      /* nothing more is asked */
	int hops, tries;
};

int visitor_open(struct visitor *visitor, const struct visitor_settings *settings, struct err *err)
{
	struct http_curl_options http = HTTP_CURL_OPTIONS_DEFAULT;

	memset(visitor, 0, sizeof(*visitor));
	str_init(&visitor->base, VISIT_URL_MAX);
	http.ca_bundle = settings->ca_bundle;
	http.answer_ms = ANSWER_MS;
	if (settings->timeout_ms > 0)
		http.connect_ms = http.stall_ms = http.answer_ms = settings->timeout_ms;
	(void)str_adds(&visitor->base, settings->base);
	if (str_check(&visitor->base, "the address", err) < 0)
		return -1;
	visitor->transport = http_curl_new(&http, err);
	return visitor->transport ? 0 : -1;
}

void visitor_close(struct visitor *visitor)
{
	http_curl_free(visitor->transport);
	str_release(&visitor->base);
	visitor->transport = NULL;
}

static void on_answer(void *context, const struct http_answer *answer)
{
	struct errand *e = context;
	struct visit *v = e->visit;

	e->answered = true;
	e->connected = answer->connected;
	v->failure = answer->failure;
	v->status = answer->status;
	(void)snprintf(v->message, sizeof(v->message), "%s", answer->message);
	str_clear(&v->headers);
	str_clear(&v->body);
	(void)str_add(&v->headers, str_text(answer->headers), answer->headers->len);
	(void)str_add(&v->body, str_text(answer->body), answer->body->len);
}

static int errand_ask(struct visitor *visitor, struct errand *e, struct err *err)
{
	const char *headers[USUAL_HEADERS + 1];
	struct transport *t = visitor->transport;
	struct http_request request = {.method = e->method,
	                               .url = str_text(&e->url),
	                               .headers = headers,
	                               .header_count = USUAL_HEADERS,
	                               .answer_max_bytes = VISIT_BODY_MAX,
	                               .done = on_answer,
	                               .context = e};

	memcpy(headers, usual_headers, sizeof(usual_headers));
	if (e->header)
		headers[request.header_count++] = e->header;
	e->answered = false;
	if (t->ops->submit(t, &request, &e->exchange, err) == 0)
		return 0;
	e->answered = e->over = true; /* there is nothing to cancel */
	return -1;
}

/* Of a redirect: the next URL, in place. False: it is none that clients could follow. */
static bool follow(struct visitor *visitor, const struct visit *v, struct str *url)
{
	const char *to = visit_header(v, "location");
	const char *now = str_text(url);
	bool https = strncasecmp(now, HTTPS, strlen(HTTPS)) == 0;
	AUTO_STR struct str next = STR_INIT(VISIT_URL_MAX);

	if (v->failure != HTTP_OK || v->status < 301 || v->status > 308 || v->status == 304)
		return false;
	if (strncasecmp(to, HTTPS, strlen(HTTPS)) == 0 || strncasecmp(to, "http://", 7) == 0) {
		(void)str_adds(&next, to);
	} else if (to[0] == '/' && to[1] != '/') {
		const char *host = strstr(now, "://") + 3;

		(void)str_add(&next, now, (size_t)(host - now) + strcspn(host, "/"));
		(void)str_adds(&next, to);
	} else {
		return false;
	}
	if (next.failed)
		return false;
	visitor->redirects++;
	if (https && strncasecmp(to, "http://", 7) == 0)
		visitor->downgraded = true;
	str_clear(url);
	return str_adds(url, str_text(&next)) == 0;
}

/* After errand_begin, also after one that failed: errand_end. */
static int errand_begin(struct visitor *visitor, struct errand *e, const char *path,
                        struct err *err)
{
	str_init(&e->url, VISIT_URL_MAX);
	str_init(&e->visit->headers, HEADERS_MAX);
	str_init(&e->visit->body, VISIT_BODY_MAX);
	e->answered = e->over = true;
	(void)str_adds(&e->url, str_text(&visitor->base));
	(void)str_adds(&e->url, path); /* as clients do: nothing in it needs another form */
	if (str_check(&e->url, "a URL", err) < 0)
		return -1;
	e->over = false;
	return errand_ask(visitor, e, err);
}

static void errand_end(struct visitor *visitor, struct errand *e)
{
	if (!e->answered)
		visitor->transport->ops->cancel(visitor->transport, e->exchange);
	str_release(&e->url);
}

/* What is asked again: where a redirect leads to, and what got no answer, or 5xx. */
static bool goes_on(struct visitor *visitor, struct errand *e)
{
	const struct visit *v = e->visit;

	if (e->hops < REDIRECTS_MAX && follow(visitor, v, &e->url)) {
		e->hops++;
		return true;
	}
	return ((v->failure == HTTP_FAILED_LINK && e->connected) ||
	        (v->failure == HTTP_OK && v->status >= 500)) &&
	       ++e->tries < TRIES;
}

/* Moves bytes for all, and asks again for those whose answer was not the last. */
static int errands_move(struct visitor *visitor, struct errand *errands, size_t count,
                        struct err *err)
{
	struct transport *t = visitor->transport;

	if (stop_check(err) < 0 || t->ops->poll(t, 200, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct errand *e = &errands[i];

		if (!e->answered || e->over)
			continue;
		e->over = !goes_on(visitor, e);
		if (!e->over && errand_ask(visitor, e, err) < 0)
			return -1;
	}
	return 0;
}

int visit(struct visitor *visitor, enum http_method method, const char *path, const char *header,
          struct visit *out, struct err *err)
{
	struct errand e = {.visit = out, .method = method, .header = header};
	int result;

	memset(out, 0, sizeof(*out));
	result = errand_begin(visitor, &e, path, err);
	while (result == 0 && !e.over)
		result = errands_move(visitor, &e, 1, err);
	errand_end(visitor, &e);
	return result;
}

/* A ring: path i is the errand i % VISITS_AT_ONCE. */
struct crowd {
	struct errand errands[VISITS_AT_ONCE];
	struct visit visits[VISITS_AT_ONCE];
};

static int crowd_begin(struct visitor *visitor, struct crowd *crowd, size_t slot, const char *path,
                       struct err *err)
{
	struct errand *e = &crowd->errands[slot];

	memset(&crowd->visits[slot], 0, sizeof(crowd->visits[slot]));
	*e = (struct errand){.visit = &crowd->visits[slot], .method = HTTP_GET};
	return errand_begin(visitor, e, path, err);
}

static void crowd_end(struct visitor *visitor, struct crowd *crowd, size_t slot)
{
	errand_end(visitor, &crowd->errands[slot]);
	visit_release(&crowd->visits[slot]);
}

int visit_many(struct visitor *visitor, const char *const *paths, size_t count, visit_look_fn *look,
               void *context, struct err *err)
{
	AUTO_FREE struct crowd *crowd = calloc(1, sizeof(*crowd));
	size_t begun = 0, seen = 0;
	int result = 0;

	if (!crowd)
		return err_memory(err);
	while (result == 0 && seen < count) {
		size_t slot = seen % VISITS_AT_ONCE;

		if (begun < count && begun < seen + VISITS_AT_ONCE) {
			result = crowd_begin(visitor, crowd, begun % VISITS_AT_ONCE, paths[begun],
			                     err);
			begun++;
		} else if (!crowd->errands[slot].over) {
			result = errands_move(visitor, crowd->errands,
			                      begun < VISITS_AT_ONCE ? begun : VISITS_AT_ONCE, err);
		} else {
			result = look(context, paths[seen], &crowd->visits[slot], err);
			crowd_end(visitor, crowd, slot);
			seen++;
		}
	}
	for (; seen < begun; seen++)
		crowd_end(visitor, crowd, seen % VISITS_AT_ONCE);
	return result;
}

void visit_release(struct visit *v)
{
	str_release(&v->headers);
	str_release(&v->body);
}

const char *visit_why(const struct visit *v, char text[VISIT_MESSAGE_MAX])
{
	AUTO_STR struct str clean = STR_INIT(4 * VISIT_MESSAGE_MAX);

	if (v->failure == HTTP_OK) {
		(void)snprintf(text, VISIT_MESSAGE_MAX, "%d", v->status);
		return text;
	}
	(void)str_add_printable(&clean, v->message, strlen(v->message));
	(void)snprintf(text, VISIT_MESSAGE_MAX, "%s", str_text(&clean));
	return text;
}

const char *visit_header(const struct visit *v, const char *name)
{
	const char *value = http_headers_get(&v->headers, name);

	return value ? value : "";
}
