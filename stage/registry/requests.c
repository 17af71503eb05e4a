#include "stage/registry/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry_running {
	const struct registry_requests *requests;
	struct registry_request *places; /* as many as may be in flight */
	unsigned count, busy;
	bool failed;
	struct err first; /* when `failed` */
};

static void on_answer(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err);

static void submit(struct registry_request *request)
{
	const struct registry_requests *r = request->running->requests;

	request->task = (struct registry_task){.method = request->method,
	                                       .url = request->url,
	                                       .repo = r->repo,
	                                       .accept = request->accept,
	                                       .what = request->what,
	                                       .answer_max_bytes = request->answer_max_bytes,
	                                       .done = on_answer,
	                                       .owner = request};
	registry_submit(r->session, &request->task);
}

static void on_answer(struct registry_task *task, const struct http_answer *answer,
                      const struct err *err)
{
	struct registry_request *request = task->owner;
	struct registry_running *running = request->running;
	struct err why = ERR_INIT;
	enum registry_taken taken;

	if (!answer)
		why = *err;
	taken = running->requests->take(running->requests->context, request, answer, &why);
	if (taken == REGISTRY_ASK_AGAIN) {
		submit(request);
		return;
	}
	request->busy = false;
	running->busy--;
	if (taken == REGISTRY_TAKEN || running->failed)
		return;
	running->failed = true;
	running->first = why;
}

/* 1 when one more is on its way, 0 when there is none, -1. */
static int begin(struct registry_running *running, struct registry_request *request,
                 struct err *err)
{
	int got;

	memset(request, 0, sizeof(*request));
	got = running->requests->next(running->requests->context, request, err);
	if (got <= 0)
		return got;
	request->running = running;
	request->busy = true;
	running->busy++;
	submit(request);
	return 1;
}

static int begin_more(void *context, struct err *err)
{
	struct registry_running *running = context;
	int got = 1;

	if (running->failed) {
		*err = running->first;
		return -1;
	}
	for (unsigned i = 0; i < running->count && got > 0; i++)
		if (!running->places[i].busy)
			got = begin(running, &running->places[i], err);
	return got < 0 ? -1 : running->busy == 0;
}

int registry_requests_run(const struct registry_requests *requests, struct err *err)
{
	unsigned transfers = registry_session_options(requests->session)->transfers;
	struct registry_running running = {.requests = requests,
	                                   .count = transfers ? transfers : REGISTRY_TRANSFERS};
	int result;

	running.places = calloc(running.count, sizeof(*running.places));
	if (!running.places)
		return err_memory(err);
	result = registry_wait(requests->session, begin_more, &running, err);
	free(running.places);
	return result;
}

void registry_ask_document(struct registry_request *request, const char *repo,
                           enum registry_store store, const struct digest *digest, size_t max_bytes)
{
	bool manifest = store == REGISTRY_MANIFESTS;
	char text[DIGEST_TEXT_MAX];

	(void)digest_text(digest, text);
	request->method = HTTP_GET;
	request->accept = manifest ? REGISTRY_MANIFEST_TYPES : NULL;
	request->answer_max_bytes = max_bytes;
	(void)snprintf(request->url, sizeof(request->url), "/v2/%s/%s/%s", repo,
	               manifest ? "manifests" : "blobs", text);
	(void)snprintf(request->what, sizeof(request->what), "%s: %s %s", repo,
	               manifest ? "manifest" : "blob", text);
}

void registry_ask_tag(struct registry_request *request, enum http_method method, const char *repo,
                      const char *tag, size_t max_bytes)
{
	request->method = method;
	request->accept = REGISTRY_MANIFEST_TYPES;
	request->answer_max_bytes = max_bytes;
	(void)snprintf(request->url, sizeof(request->url), "/v2/%s/manifests/%s", repo, tag);
	(void)snprintf(request->what, sizeof(request->what), "%s:%s", repo, tag);
}

enum registry_taken registry_request_refused(const struct registry_request *request,
                                             const struct http_answer *answer, struct err *err)
{
	(void)registry_task_refused(&request->task, answer, err);
	return REGISTRY_FAILED;
}
