#include "sync/doctor/visit.h"

#include "base/cleanup.h"
#include "base/http/curl.h"
#include "base/stop.h"

#include <stdio.h>
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

struct waiting {
	struct visit *visit;
	bool done, connected;
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
	struct waiting *w = context;
	struct visit *v = w->visit;

	w->done = true;
	w->connected = answer->connected;
	v->failure = answer->failure;
	v->status = answer->status;
	(void)snprintf(v->message, sizeof(v->message), "%s", answer->message);
	str_clear(&v->headers);
	str_clear(&v->body);
	(void)str_add(&v->headers, str_text(answer->headers), answer->headers->len);
	(void)str_add(&v->body, str_text(answer->body), answer->body->len);
}

static int ask_once(struct visitor *visitor, enum http_method method, const char *url,
                    const char *range, struct waiting *w, struct err *err)
{
	const char *headers[USUAL_HEADERS + 1];
	struct transport *t = visitor->transport;
	struct http_exchange *exchange = NULL;
	struct http_request request = {.method = method,
	                               .url = url,
	                               .headers = headers,
	                               .header_count = USUAL_HEADERS,
	                               .answer_max_bytes = VISIT_BODY_MAX,
	                               .done = on_answer,
	                               .context = w};

	memcpy(headers, usual_headers, sizeof(usual_headers));
	if (range)
		headers[request.header_count++] = range;
	w->done = false;
	if (t->ops->submit(t, &request, &exchange, err) < 0)
		return -1;
	while (!w->done)
		if (stop_check(err) < 0 || t->ops->poll(t, 200, err) < 0) {
			if (!w->done)
				t->ops->cancel(t, exchange);
			return -1;
		}
	return 0;
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

int visit(struct visitor *visitor, enum http_method method, const char *path, const char *range,
          struct visit *out, struct err *err)
{
	AUTO_STR struct str url = STR_INIT(VISIT_URL_MAX);
	struct waiting w = {.visit = out};
	char header[100];
	int hops = 0, tries = 0;

	memset(out, 0, sizeof(*out));
	str_init(&out->headers, HEADERS_MAX);
	str_init(&out->body, VISIT_BODY_MAX);
	(void)snprintf(header, sizeof(header), "Range: %s", range ? range : "");
	(void)str_adds(&url, str_text(&visitor->base));
	(void)str_adds(&url, path); /* as clients do: nothing in it needs another form */
	if (str_check(&url, "a URL", err) < 0)
		return -1;
	for (;;) {
		if (ask_once(visitor, method, str_text(&url), range ? header : NULL, &w, err) < 0)
			return -1;
		if (hops < REDIRECTS_MAX && follow(visitor, out, &url))
			hops++;
		else if ((out->failure == HTTP_FAILED_LINK && w.connected) ||
		         (out->failure == HTTP_OK && out->status >= 500)) {
			if (++tries == TRIES)
				return 0;
		} else
			return 0;
	}
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
