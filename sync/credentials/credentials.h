/*
 * credentials: who we are, from the places where AWS tools look, in their order (A1):
 *
 *     1. a profile that was asked for (--profile or the remote's): its files only, no environment
 *     2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *     3. AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE
 *     4. the shared credentials file, profile AWS_PROFILE or `default`
 *     5. credential_process of that profile
 *     6. the config file
 *     7. the container endpoint (AWS_CONTAINER_CREDENTIALS_*)
 *     8. the instance's metadata (IMDSv2)
 *
 *     struct credentials *c = credentials_new(&settings, err);
 *     const struct credential *now = credentials_current(c, now_ms(), err);
 *     credentials_free(c);                  wipes what it knew
 *
 * Temporary credentials are fetched again 15 minutes before they end, and credentials_refresh asks
 * the provider that gave them at once. Secrets are in no message.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_CREDENTIALS_H
#define DRYDOCK_SYNC_CREDENTIALS_CREDENTIALS_H

#include "sync/credentials/aws_config.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ACCESS_KEY_MAX = 128,
	SECRET_KEY_MAX = 256,
	SESSION_TOKEN_MAX = 16384,
};

struct credential {
	char access_key[ACCESS_KEY_MAX + 1];
	char secret_key[SECRET_KEY_MAX + 1];
	char session_token[SESSION_TOKEN_MAX + 1]; /* "" when there is none */
	int64_t expires_at_ms;                     /* wall clock; 0: never */
	const char *source;  /* static: "environment", "shared credentials file", … */
	unsigned generation; /* grows with each fetch, from 1 */
};

struct credentials_settings {
	const struct aws_config *config; /* borrowed for the life of the credentials */
	bool anonymous;                  /* send no signature at all */
	int64_t deadline_ms; /* monotonic: how long a credential_process is waited for; 0: for ever
	                      */
};

struct credentials; /* opaque */

struct credentials *credentials_new(const struct credentials_settings *settings,
                                    struct err *err) MUST_CHECK;
void credentials_free(struct credentials *c); /* NULL is fine */

/*
 * What to sign with now, or NULL: ERR_AUTH names every place that was looked at. A refresh that
 * fails while the old credential still holds is no failure. Borrowed until the next call.
 * For anonymous credentials access_key is "".
 */
const struct credential *credentials_current(struct credentials *c, int64_t now_ms,
                                             struct err *err) MUST_CHECK;

/*
 * The server said that generation `generation` has expired: fetches anew unless that has happened
 * since. ERR_AUTH when the source cannot give newer ones.
 */
int credentials_refresh(struct credentials *c, unsigned generation, int64_t now_ms,
                        struct err *err) MUST_CHECK;

#endif
