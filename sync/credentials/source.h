/*
 * source: the places where credentials may be found, one function each. Used by
 * credentials, which knows their order and when to ask again.
 *
 * A source returns 1 with *out filled in, 0 when it has nothing to say (the next one is asked), or
 * -1 when it should have answered but failed: going on to another source could then sign as
 * somebody else. `generation` is not touched.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_SOURCE_H
#define DRYDOCK_SYNC_CREDENTIALS_SOURCE_H

#include "sync/credentials/credentials.h"

typedef int credential_source_fn(const struct credentials_settings *settings,
                                 struct credential *out, struct err *err);

credential_source_fn credential_from_env;          /* AWS_ACCESS_KEY_ID and its companions */
credential_source_fn credential_from_web_identity; /* AssumeRoleWithWebIdentity */
credential_source_fn credential_from_shared;       /* shared credentials file */
credential_source_fn credential_from_process;      /* credential_process of the profile */
credential_source_fn credential_from_config;       /* config file */
credential_source_fn credential_from_container;    /* AWS_CONTAINER_CREDENTIALS_* */
credential_source_fn credential_from_instance;     /* IMDSv2 */

/*
 * Puts the three texts into *out after checking lengths and that they hold no control characters
 * (they become headers). `token` may be NULL. Returns 1, or -1 with ERR_CONFIG.
 */
int credential_fill(struct credential *out, const char *source, const char *access_key,
                    const char *secret_key, const char *token, struct err *err) MUST_CHECK;

/*
 * The JSON of credential_process, container endpoint and IMDS: AccessKeyId, SecretAccessKey,
 * `token_key` (SessionToken or Token), Expiration. Returns 1 or -1; messages hold no values.
 */
int credential_from_json(struct credential *out, const char *source, const char *json, size_t len,
                         const char *token_key, struct err *err) MUST_CHECK;

#endif
