/*
 * authorize: what is said of ourselves with each request to one registry: nothing, a password or a
 * token, as the registry has asked for it. No requests here: session asks the token server.
 *
 *     switch (registry_auth_for(&auth, repo, &scope, err)) …
 *     registry_auth_header(&auth, scope, &line)            "Authorization: …", or ""
 *     registry_auth_challenged(&auth, scope, headers, https, err)        after a 401
 *
 * Tokens are kept for each repository and asked for again before they end. What a user has kept is
 * looked for only when a registry asks for it, once for each repository.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_AUTHORIZE_H
#define DRYDOCK_STAGE_REGISTRY_AUTHORIZE_H

#include "base/event.h"
#include "stage/registry/credentials.h"
#include "stage/registry/options.h"
#include "stage/registry/token.h"

enum registry_scheme { REGISTRY_NO_AUTH, REGISTRY_BASIC, REGISTRY_BEARER };

/* What is known of one repository. */
struct registry_scope {
	struct registry_scope *next;
	char *repo; /* owned, as what follows; "": none */
	char *text; /* of the challenge; NULL: "repository:REPO:pull" */
	bool looked;
	struct registry_credentials credentials;
	struct registry_token token;
};

struct registry_auth {
	const struct registry_options *options; /* borrowed */
	const char *host;                       /* borrowed: HOST[:PORT] as people write it */
	const struct event_sink *sink;          /* borrowed; NULL: nobody is warned */
	enum registry_scheme scheme;
	char *realm, *service;         /* owned; of REGISTRY_BEARER */
	struct registry_scope *scopes; /* owned */
};

void registry_auth_release(struct registry_auth *auth);

/* The repository's, made when there is none; NULL with the error. */
struct registry_scope *registry_auth_scope(struct registry_auth *auth, const char *repo,
                                           struct err *err) MUST_CHECK;

/* Whether a token must be asked for before the next request. */
bool registry_auth_needs_token(const struct registry_auth *auth,
                               const struct registry_scope *scope);

/* Appends the header to a str that is wiped; nothing when nothing is to be said. */
int registry_auth_header(struct registry_auth *auth, struct registry_scope *scope, struct str *line,
                         struct err *err) MUST_CHECK;

/*
 * Learns from an answer 401. What was sent with that request is of no use any more. ERR_AUTH when
 * there is nothing else to try.
 */
int registry_auth_challenged(struct registry_auth *auth, struct registry_scope *scope,
                             const struct str *headers, bool https, struct err *err) MUST_CHECK;

/* Learns from a 401 that was no refusal: what is sent with the first request may suffice then. */
void registry_auth_note(struct registry_auth *auth, const struct str *headers, bool https);

/* How a token is asked for. */
struct registry_token_request {
	struct str url, form, header; /* owned; wiped. An empty form: GET */
};
int registry_auth_token_request(struct registry_auth *auth, struct registry_scope *scope,
                                struct registry_token_request *request, struct err *err) MUST_CHECK;
void registry_token_request_release(struct registry_token_request *request);

/* " (tried the credentials from FILE)" or " (no credentials in FILES)", for messages. */
void registry_auth_tell(const struct registry_scope *scope, struct str *text);

#endif
