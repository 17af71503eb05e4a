/*
 * credentials: the keys to sign with, from the places where AWS tools look, in their order (A1):
 *
 *     1. a profile that was asked for (--profile or the remote's): its files only, no environment
 *     2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *     3. AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE
 *     4. profile AWS_PROFILE or `default`: role_arn with source_profile or credential_source
 *     5. its role_arn with web_identity_token_file
 *     6. its role of IAM Identity Center (sso_account_id, sso_role_name)
 *     7. the shared credentials file
 *     8. credential_process of that profile
 *     9. the config file
 *    10. the container endpoint (AWS_CONTAINER_CREDENTIALS_*)
 *    11. the instance's metadata (IMDSv2)
 *
 *     struct credentials *c = credentials_new(&settings, err);
 *     const struct credential *now = credentials_current(c, now_ms(), err);
 *     credentials_free(c);                  wipes what it knew
 *
 * Temporary credentials are fetched again 15 minutes before they end, and credentials_refresh asks
 * the source that gave them at once; the files are then read anew. Secrets are in no message.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_CREDENTIALS_H
#define DRYDOCK_SYNC_CREDENTIALS_CREDENTIALS_H

#include "sync/credentials/source.h"

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
