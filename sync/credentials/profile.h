/*
 * profile: the sources that a profile of the AWS files may hold, in their order, but a role that
 * another credential assumes (from_role). An AWS CLI asks them in the same order.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_PROFILE_H
#define DRYDOCK_SYNC_CREDENTIALS_PROFILE_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_profile;

/* The profile itself holds an access key, so that it needs nobody else. */
bool profile_has_keys(const struct aws_config *config);

#endif
