/*
 * from_web_identity: AssumeRoleWithWebIdentity: a token in a file, as Kubernetes and CI systems
 * write it, exchanged at AWS's token service for temporary credentials ("Assume role with web
 * identity", AWS SDKs and Tools Reference Guide; AWS STS API Reference).
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_FROM_WEB_IDENTITY_H
#define DRYDOCK_SYNC_CREDENTIALS_FROM_WEB_IDENTITY_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_web_identity; /* AWS_WEB_IDENTITY_TOKEN_FILE */
credential_source_fn credential_from_web_profile;  /* the profile's web_identity_token_file */

#endif
