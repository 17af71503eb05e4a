/*
 * from_metadata: credentials that the machine we run on hands out: the container endpoint (ECS,
 * EKS) and the instance metadata service, version 2 ("Container credential provider" and "IMDS
 * credential provider", AWS SDKs and Tools Reference Guide).
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_FROM_METADATA_H
#define DRYDOCK_SYNC_CREDENTIALS_FROM_METADATA_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_container; /* AWS_CONTAINER_CREDENTIALS_* */
credential_source_fn credential_from_instance;  /* IMDSv2 */

#endif
