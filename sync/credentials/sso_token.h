/*
 * sso_token: the token that `aws sso login` leaves in ~/.aws/sso/cache, named by the SHA-1 of the
 * session's name (or, without a session, of the start URL), and its renewal ("IAM Identity Center
 * credential provider", AWS SDKs and Tools Reference Guide; CreateToken, IAM Identity Center OIDC
 * API Reference).
 *
 * A token that ends within 15 minutes is renewed if the login left what that needs (a session's
 * does: refreshToken, clientId, clientSecret), and the cache is written anew, since a refreshToken
 * holds but once: other programs must find the next one. Another program may renew at the same
 * time; the token that it got is then taken.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_SSO_TOKEN_H
#define DRYDOCK_SYNC_CREDENTIALS_SSO_TOKEN_H

#include "sync/credentials/source.h"

struct sso_login {
	const char *name;   /* of the session, or the start URL; borrowed */
	const char *region; /* of IAM Identity Center; borrowed */
	bool renewable;     /* it is a session */
};

/* Appends where the token is kept. */
int sso_token_path(const struct aws_config *config, const struct sso_login *login, struct str *path,
                   struct err *err) MUST_CHECK;

/* Appends the token to `out`. ERR_AUTH: there is none that holds, and the person must log in. */
int sso_token_get(const struct credentials_settings *settings, const struct sso_login *login,
                  struct str *out, struct err *err) MUST_CHECK;

#endif
