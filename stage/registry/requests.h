/*
 * requests: many small questions to a registry, as many of them at a time as the session may send:
 * over a long way a list of N costs N / transfers round trips. Only those in flight take memory.
 *
 *     struct registry_requests requests = {session, repo, next, take, context};
 *     if (registry_requests_run(&requests, err) < 0) …     when `next` has no more and all are
 * taken
 */
#ifndef DRYDOCK_STAGE_REGISTRY_REQUESTS_H
#define DRYDOCK_STAGE_REGISTRY_REQUESTS_H

#include "base/digest.h"
#include "base/media_type.h"
#include "stage/registry/session.h"

/* What a manifest may be, for Accept. */
#define REGISTRY_MANIFEST_TYPES                                                                    \
	MT_OCI_INDEX ", " MT_OCI_MANIFEST ", " MT_DOCKER_LIST ", " MT_DOCKER_MANIFEST              \
		     ", " MT_OCI_ARTIFACT

enum { REGISTRY_PATH_MAX = 8192, REGISTRY_WHAT_MAX = 700 };

enum registry_store { REGISTRY_MANIFESTS, REGISTRY_BLOBS };

struct registry_request {
	/* The caller's, filled in by `next`; zeroed before. */
	enum http_method method;
	const char *accept;           /* borrowed; NULL: anything */
	size_t answer_max_bytes;      /* of the body */
	char url[REGISTRY_PATH_MAX];  /* "/v2/…", or what a Link led to */
	char what[REGISTRY_WHAT_MAX]; /* for messages: "app: manifest sha256:…" */
	size_t item;                  /* which of the caller's it is for */

	/* Of registry_requests_run. */
	struct registry_task task;
	struct registry_running *running;
	bool busy;
};

/* What becomes of the answer. */
enum registry_taken { REGISTRY_TAKEN, REGISTRY_ASK_AGAIN, REGISTRY_FAILED };

struct registry_requests {
	struct registry_session *session; /* borrowed, as what follows */
	const char *repo;
	/* Fills in the next one: 1, 0 when there is none (more may follow an answer), -1. */
	int (*next)(void *context, struct registry_request *request, struct err *err);
	/*
	 * As registry_done_fn. NULL: there is no answer and *err says why; it stands when -1 is
	 * what becomes of that. ASK_AGAIN: what the request says now, without a new `next`.
	 */
	enum registry_taken (*take)(void *context, struct registry_request *request,
	                            const struct http_answer *answer, struct err *err);
	void *context;
};

/* The first that fails ends them all. */
int registry_requests_run(const struct registry_requests *requests, struct err *err) MUST_CHECK;

/* The question for a document by its digest, or for a manifest by its tag. */
void registry_ask_document(struct registry_request *request, const char *repo,
                           enum registry_store store, const struct digest *digest,
                           size_t max_bytes);
void registry_ask_tag(struct registry_request *request, enum http_method method, const char *repo,
                      const char *tag, size_t max_bytes);

/* Its answer's error, with the server's words (refusal.h). Returns REGISTRY_FAILED. */
enum registry_taken registry_request_refused(const struct registry_request *request,
                                             const struct http_answer *answer, struct err *err);

#endif
