/*
 * from_sso: a role of IAM Identity Center (AWS SSO), by the token of `aws sso login`:
 *
 *     [profile deploy]                     [sso-session work]
 *     sso_session = work                   sso_start_url = https://example.awsapps.com/start
 *     sso_account_id = 123456789012        sso_region = eu-central-1
 *     sso_role_name = Push
 *
 * or, as it was before sessions, with the last two keys in the profile ("IAM Identity Center
 * credential provider", AWS SDKs and Tools Reference Guide; GetRoleCredentials, IAM Identity Center
 * Portal API Reference). When the login is over, the message holds the command to run.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_FROM_SSO_H
#define DRYDOCK_SYNC_CREDENTIALS_FROM_SSO_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_sso;

/* Appends the path of the token's cache; false where the profile has no such role. */
bool credential_sso_cache(const struct aws_config *config, struct str *path);

#endif
