/*
 * from_role: a profile's `role_arn`, assumed at the token service by the credential of another
 * profile (`source_profile`) or of the machine (`credential_source`: Environment,
 * Ec2InstanceMetadata, EcsContainer); `external_id`, `role_session_name` and `duration_seconds`
 * ("Assume role credentials", AWS SDKs and Tools Reference Guide).
 *
 *     [profile deploy]                       [profile middle]
 *     role_arn = arn:aws:iam::2:role/b       role_arn = arn:aws:iam::1:role/a
 *     source_profile = middle                source_profile = base
 *
 * A source profile may itself have a role, and so on, as long as no profile comes twice; one that
 * has keys is the end of the chain, whatever else it says, and may name itself. A role that wants a
 * code of a device (`mfa_serial`) is refused: drydock asks for nothing.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_FROM_ROLE_H
#define DRYDOCK_SYNC_CREDENTIALS_FROM_ROLE_H

#include "sync/credentials/source.h"

credential_source_fn credential_from_role;

#endif
