/*
 * refusal: what a registry's answer other than 2xx says, in one line with what to do about it.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_REFUSAL_H
#define DRYDOCK_STAGE_REGISTRY_REFUSAL_H

#include "base/event.h"
#include "base/http/transport.h"
#include "stage/registry/authorize.h"

/*
 * `what` was asked for, with the rights of `scope` (NULL: without any). Shows the server's own code
 * and words (OCI distribution specification 1.1, "Error Codes"). ERR_AUTH, ERR_NOT_FOUND,
 * ERR_TEMPORARY, ERR_MALFORMED for what cannot be meant, or ERR_OTHER. Returns -1.
 */
int registry_refusal(const char *host, const char *what, const struct registry_scope *scope,
                     const struct http_answer *answer, struct err *err);

/* Docker Hub's ratelimit-limit and -remaining, and others', at -v. */
void registry_log_limits(const struct event_sink *sink, const char *host,
                         const struct http_answer *answer);

#endif
