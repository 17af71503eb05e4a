#include "stage/registry/documents.h"

#include "base/cleanup.h"
#include "stage/registry/link.h"

#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 1024, WHAT_MAX = 700 };

/* A request and what became of it. */
struct question {
	struct registry_task task;
	char path[PATH_MAX_BYTES];
	char what[WHAT_MAX];
	bool over;
	int result;       /* 1 found, 0 not there, -1 */
	struct err *err;  /* borrowed */
	struct str *out;  /* borrowed: the body; NULL: none is wanted */
	struct str *next; /* borrowed: the URL of the next page; NULL: none is wanted */
};

static bool is_found(const struct question *q, const struct http_answer *answer)
{
	return answer->status == 200 && (!q->out || answer->body->len > 0);
}

static int keep_next(const struct question *q, const struct http_answer *answer, struct err *err)
{
	AUTO_STR struct str url = STR_INIT(LINK_URL_MAX);

	if (registry_session_url(q->task.session, q->task.url, &url, err) < 0)
		return -1;
	return registry_link_next(answer->headers, str_text(&url), q->next, err);
}

static int keep_answer(struct question *q, const struct http_answer *answer, struct err *err)
{
	if (!is_found(q, answer))
		return answer->status == 404 ? 0 : registry_task_refused(&q->task, answer, err);
	if (q->next && keep_next(q, answer, err) < 0)
		return err_context(err, "%s", q->what);
	if (q->out && str_add(q->out, answer->body->data, answer->body->len) < 0)
		return err_memory(err);
	return 1;
}

static void on_answer(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err)
{
	struct question *q = task->owner;

	q->over = true;
	q->result = -1;
	if (answer)
		q->result = keep_answer(q, answer, q->err);
	else
		*q->err = *err;
}

static int is_over(void *context, struct err *err)
{
	const struct question *q = context;

	(void)err;
	return q->over;
}

/* Sends the question and waits for its answer. */
static int ask(struct registry_session *s, struct question *q, struct err *err)
{
	q->task.what = q->what;
	q->task.done = on_answer;
	q->task.owner = q;
	q->err = err;
	registry_submit(s, &q->task);
	return registry_wait(s, is_over, q, err) < 0 ? -1 : q->result;
}

/* --- by digest ------------------------------------------------------------------------------- */

int registry_document(struct registry_session *s, const char *repo, enum registry_store store,
                      const struct digest *digest, struct str *out, struct err *err)
{
	char text[DIGEST_TEXT_MAX];
	bool manifest = store == REGISTRY_MANIFESTS;
	struct question q = {.out = out,
	                     .task = {.method = HTTP_GET,
	                              .url = q.path,
	                              .repo = repo,
	                              .accept = manifest ? REGISTRY_MANIFEST_TYPES : NULL,
	                              .answer_max_bytes = out->max - out->len}};

	(void)digest_text(digest, text);
	(void)snprintf(q.path, sizeof(q.path), "/v2/%s/%s/%s", repo,
	               manifest ? "manifests" : "blobs", text);
	(void)snprintf(q.what, sizeof(q.what), "%s: %s %s", repo, manifest ? "manifest" : "blob",
	               text);
	return ask(s, &q, err);
}

int registry_referrers(struct registry_session *s, const char *repo, const struct digest *digest,
                       struct str *out, struct err *err)
{
	char text[DIGEST_TEXT_MAX];
	struct question q = {.out = out,
	                     .task = {.method = HTTP_GET,
	                              .url = q.path,
	                              .repo = repo,
	                              .accept = MT_OCI_INDEX,
	                              .answer_max_bytes = out->max - out->len}};

	(void)digest_text(digest, text);
	(void)snprintf(q.path, sizeof(q.path), "/v2/%s/referrers/%s", repo, text);
	(void)snprintf(q.what, sizeof(q.what), "%s: referrers of %s", repo, text);
	return ask(s, &q, err);
}

/* --- tags ------------------------------------------------------------------------------------ */

int registry_list_tags(struct registry_session *s, const char *repo, struct tag_list *list,
                       struct err *err)
{
	AUTO_STR struct str page = STR_INIT(TAG_PAGE_BYTES);
	AUTO_STR struct str next = STR_INIT(LINK_URL_MAX);
	AUTO_STR struct str url = STR_INIT(LINK_URL_MAX);

	(void)str_addf(&url, "/v2/%s/tags/list", repo);
	do {
		struct question q = {.out = &page,
		                     .next = &next,
		                     .task = {.method = HTTP_GET,
		                              .url = str_text(&url),
		                              .repo = repo,
		                              .answer_max_bytes = TAG_PAGE_BYTES}};
		int got;

		str_clear(&page);
		str_clear(&next);
		(void)snprintf(q.what, sizeof(q.what), "%s: tags/list", repo);
		got = ask(s, &q, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(err, ERR_NOT_FOUND, "%s has no repository %s",
			               registry_session_host(s), repo);
		if (tag_list_add_page(list, str_text(&page), page.len, err) < 0)
			return err_context(err, "%s", q.what);
		str_clear(&url);
		(void)str_adds(&url, str_text(&next));
	} while (url.len > 0);
	return 0;
}
