/*
 * registry: what a root answers to a route: the one place where files of the tree are opened.
 *
 * Many threads may ask at once. The state is only read, for the media types of manifests, which
 * hold for a digest whatever else changes; its connection is used by one thread at a time (K6).
 */
#ifndef DRYDOCK_STAGE_SERVE_REGISTRY_H
#define DRYDOCK_STAGE_SERVE_REGISTRY_H

#include "db/root/root.h"
#include "stage/serve/answer.h"
#include "stage/serve/document.h"
#include "stage/serve/identity.h"
#include "stage/serve/route.h"

enum { REGISTRY_PAGE_MAX = 1000 }; /* entries of a list, when a page of it was asked for */

struct registry {
	const struct root *root; /* borrowed */
	struct document_cache documents;
	struct identity_state state;
	pthread_mutex_t lock; /* of all that follows, and of the state's connection */
	struct err problem;   /* the first since registry_problem; ERR_NONE: none */
	uint64_t problems;    /* how many there were since then */
};

/* What a request's headers say; NULL where it has none. */
struct request_headers {
	const char *range;
	const char *if_range;
	const char *if_none_match;
};

int registry_init(struct registry *registry, const struct root *root, struct err *err) MUST_CHECK;
void registry_release(struct registry *registry);

/* Always an answer, if only an error; -1 when there is no memory for that. */
int registry_answer(struct registry *registry, const struct route *route,
                    const struct request_headers *headers, struct answer *answer,
                    struct err *err) MUST_CHECK;

/* What went wrong since the last call: how often, and *first. Any thread may ask. */
uint64_t registry_problem(struct registry *registry, struct err *first);

#endif
