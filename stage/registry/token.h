/*
 * token: what a token server is asked and what it answers (Docker Registry v2 authentication,
 * "Token Authentication Specification" and "OAuth2 Token Authentication"). Pure: no requests here.
 *
 *     const struct challenge *c = challenge_find(&list, CHALLENGE_BEARER);
 *     if (registry_token_check_realm(c->realm, true, err) < 0) …
 *     registry_token_url(&url, c->realm, c->service, scopes, scope_count, user, err);     GET, or
 *     registry_token_form(&form, c->service, scopes, scope_count, identity, err);         POST
 *     struct registry_token token = REGISTRY_TOKEN_INIT;
 *     if (registry_token_read(&token, body, len, now_ms(), monotonic_ms(), err) < 0) …
 *     if (registry_token_is_stale(&token, monotonic_ms())) …                          ask again
 *     registry_token_release(&token);                                                 wipes
 *
 * No message holds a token, nor what was answered.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_TOKEN_H
#define DRYDOCK_STAGE_REGISTRY_TOKEN_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TOKEN_ANSWER_BYTES = 64 << 10, /* longer answers are refused */
	TOKEN_LIFE_MIN_SECONDS =
		60, /* what the specification promises: if less or nothing is said */
	TOKEN_LIFE_MAX_SECONDS = 86400, /* longer ones are asked for anew after that */
	TOKEN_MARGIN_MS = 15000,        /* so long before its end a token is stale */
	TOKEN_URL_MAX = 8192,
};

struct registry_token {
	char *text; /* owned, wiped: for "Authorization: Bearer …", visible ASCII; NULL: none */
	int64_t stale_at; /* monotonic ms */
};
#define REGISTRY_TOKEN_INIT                                                                        \
	{                                                                                          \
		.text = NULL                                                                       \
	}

/*
 * Reads the answer 200 that came at these two times: `token`, or else `access_token`; `expires_in`
 * seconds from `issued_at`, or from now when that is not said, lies in the future or is so long ago
 * that the token would be stale already: then the two clocks disagree. Replaces what *token held.
 * ERR_MALFORMED, or ERR_REFUSED beyond a limit; then *token is as it was.
 */
int registry_token_read(struct registry_token *token, const char *json, size_t len,
                        int64_t now_wall_ms, int64_t now_monotonic_ms, struct err *err) MUST_CHECK;
/* Whether it must be asked for anew; one that was never read must. */
bool registry_token_is_stale(const struct registry_token *token, int64_t now_monotonic_ms);
void registry_token_release(struct registry_token *token);

/*
 * Whether a realm is a URL to which credentials may go: http or https, https if the registry is
 * asked by https, without user name and fragment. NULL is none. ERR_MALFORMED or ERR_REFUSED.
 */
int registry_token_check_realm(const char *realm, bool registry_is_https,
                               struct err *err) MUST_CHECK;

/*
 * Appends the URL to GET: the checked realm with service, each scope, and account. `service` and
 * `account` may be NULL. User name and password go into an Authorization header (Basic).
 */
int registry_token_url(struct str *url, const char *realm, const char *service,
                       const char *const *scopes, size_t scope_count, const char *account,
                       struct err *err) MUST_CHECK;

/*
 * Appends the body to POST to the realm as application/x-www-form-urlencoded, with an identity
 * token (grant_type=refresh_token). It is a secret: wipe it (AUTO_WIPE).
 */
int registry_token_form(struct str *form, const char *service, const char *const *scopes,
                        size_t scope_count, const char *identity_token, struct err *err) MUST_CHECK;

#endif
