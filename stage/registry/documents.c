#include "stage/registry/documents.h"

#include "base/cleanup.h"
#include "stage/registry/link.h"

#include <stdio.h>
#include <string.h>

/* --- by digest ------------------------------------------------------------------------------- */

struct document {
	const char *repo;
	enum registry_store store;
	const struct digest *digest;
	struct str *out;
	bool asked, found;
};

static int ask_document(void *context, struct registry_request *request, struct err *err)
{
	struct document *d = context;

	(void)err;
	if (d->asked)
		return 0;
	d->asked = true;
	registry_ask_document(request, d->repo, d->store, d->digest, d->out->max - d->out->len);
	return 1;
}

static enum registry_taken take_document(void *context, struct registry_request *request,
                                         const struct http_answer *answer, struct err *err)
{
	struct document *d = context;

	if (!answer)
		return REGISTRY_FAILED;
	if (answer->status == 404)
		return REGISTRY_TAKEN;
	if (answer->status != 200 || answer->body->len == 0)
		return registry_request_refused(request, answer, err);
	d->found = true;
	if (str_add(d->out, answer->body->data, answer->body->len) == 0)
		return REGISTRY_TAKEN;
	(void)err_memory(err);
	return REGISTRY_FAILED;
}

int registry_document(struct registry_session *s, const char *repo, enum registry_store store,
                      const struct digest *digest, struct str *out, struct err *err)
{
	struct document d = {repo, store, digest, out, false, false};
	const struct registry_requests requests = {s, repo, ask_document, take_document, &d};

	return registry_requests_run(&requests, err) < 0 ? -1 : d.found;
}

/* --- lists ----------------------------------------------------------------------------------- */

static const char *path_of(const char *url)
{
	const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;

	return path ? path : "/";
}

int registry_ask_page(struct registry_request *request, const struct http_answer *answer,
                      struct err *err)
{
	AUTO_STR struct str url = STR_INIT(LINK_URL_MAX);
	AUTO_STR struct str next = STR_INIT(REGISTRY_PATH_MAX - 1);

	if (registry_session_url(request->task.session, request->url, &url, err) < 0 ||
	    registry_link_next(answer->headers, str_text(&url), &next, err) < 0)
		return err_context(err, "%s", request->what);
	if (next.len == 0)
		return 0;
	/* It is on the same host (link.h); as a path it is asked for with our authorization. */
	(void)snprintf(request->url, sizeof(request->url), "%s", path_of(str_text(&next)));
	return 1;
}

struct tags {
	struct registry_session *session;
	const char *repo;
	struct tag_list *list;
	bool asked;
};

static int ask_tags(void *context, struct registry_request *request, struct err *err)
{
	struct tags *tags = context;

	(void)err;
	if (tags->asked)
		return 0;
	tags->asked = true;
	request->method = HTTP_GET;
	request->answer_max_bytes = TAG_PAGE_BYTES;
	(void)snprintf(request->url, sizeof(request->url), "/v2/%s/tags/list?n=%d", tags->repo,
	               TAG_PAGE);
	(void)snprintf(request->what, sizeof(request->what), "%s: tags/list", tags->repo);
	return 1;
}

static enum registry_taken take_tags(void *context, struct registry_request *request,
                                     const struct http_answer *answer, struct err *err)
{
	struct tags *tags = context;
	int more;

	if (!answer)
		return REGISTRY_FAILED;
	if (answer->status == 404) {
		(void)err_set(err, ERR_NOT_FOUND, "%s has no repository %s",
		              registry_session_host(tags->session), tags->repo);
		return REGISTRY_FAILED;
	}
	if (answer->status != 200)
		return registry_request_refused(request, answer, err);
	if (tag_list_add_page(tags->list, str_text(answer->body), answer->body->len, err) < 0) {
		(void)err_context(err, "%s", request->what);
		return REGISTRY_FAILED;
	}
	more = registry_ask_page(request, answer, err);
	if (more < 0)
		return REGISTRY_FAILED;
	return more > 0 ? REGISTRY_ASK_AGAIN : REGISTRY_TAKEN;
}

int registry_list_tags(struct registry_session *s, const char *repo, struct tag_list *list,
                       struct err *err)
{
	struct tags tags = {s, repo, list, false};
	const struct registry_requests requests = {s, repo, ask_tags, take_tags, &tags};

	return registry_requests_run(&requests, err);
}
