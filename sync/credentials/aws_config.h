/*
 * aws_config: the AWS environment variables and shared files, read once (A2).
 *
 *     struct aws_config *config = aws_config_load(profile_or_NULL, getenv_like, err);
 *     const char *region = aws_config_get(config, AWS_FILE_CONFIG, "region");
 *     aws_config_free(config);
 *
 * Files: AWS_CONFIG_FILE or ~/.aws/config, AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials. A
 * file that is not there is empty. Profile: the argument, AWS_PROFILE, AWS_DEFAULT_PROFILE,
 * `default`; one that was asked for by name and is in neither file is ERR_CONFIG.
 *
 * Sections are `[x]` in the credentials file and `[profile x]`, `[services x]` and
 * `[sso-session x]` in the config file, x in quotes or not; `[default]` is a profile in both.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_AWS_CONFIG_H
#define DRYDOCK_SYNC_CREDENTIALS_AWS_CONFIG_H

#include "base/err.h"

#include <stdbool.h>

enum aws_file { AWS_FILE_CREDENTIALS, AWS_FILE_CONFIG, AWS_FILES };

typedef const char *env_fn(const char *name); /* getenv, or a test's */

struct aws_config; /* opaque */

struct aws_config *aws_config_load(const char *profile, env_fn *env, struct err *err) MUST_CHECK;
void aws_config_free(struct aws_config *config); /* NULL is fine; wipes secrets */

const char *aws_config_profile(const struct aws_config *config);
/* The profile was the caller's argument: the environment's keys are then not used. */
bool aws_config_profile_explicit(const struct aws_config *config);

/* A variable's value, or NULL when it is unset or empty. */
const char *aws_config_env(const struct aws_config *config, const char *name);
/* A value of the profile in one file, or NULL. Borrowed. */
const char *aws_config_get(const struct aws_config *config, enum aws_file file, const char *key);

/* The credentials file's value of the profile, else the config file's, else NULL. */
const char *aws_config_value(const struct aws_config *config, const char *key);
/* A value of the [sso-session] that the profile's `sso_session` names, or NULL. */
const char *aws_config_sso_session(const struct aws_config *config, const char *key);
/* Another profile of the same files and environment; as aws_config_load. */
struct aws_config *aws_config_other(const struct aws_config *config, const char *profile,
                                    struct err *err) MUST_CHECK;

/* The path of a file that holds secret keys and that every user can read, borrowed; or NULL. */
const char *aws_config_exposed(const struct aws_config *config);

/* Whether the variable, or else the profile's key, says true. */
bool aws_config_flag(const struct aws_config *config, const char *variable, const char *key);

/* AWS_REGION, AWS_DEFAULT_REGION, then the profile's `region`; or NULL. */
const char *aws_config_region(const struct aws_config *config);
/*
 * Where `service` ("s3", "sts", "sso", "sso_oidc") is: AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, then `endpoint_url` under the service's name in the profile's services section,
 * then the profile's own `endpoint_url`; NULL also when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the
 * profile's ignore_configured_endpoint_urls is true ("Service-specific endpoints", AWS SDKs and
 * Tools Reference Guide).
 */
const char *aws_config_endpoint_url(const struct aws_config *config, const char *service);
/* AWS_CA_BUNDLE, then the profile's `ca_bundle`; or NULL. */
const char *aws_config_ca_bundle(const struct aws_config *config);

#endif
