/*
 * sts: the token service's two ways to a role: AssumeRole, signed by another credential, and
 * AssumeRoleWithWebIdentity, unsigned (AWS STS API Reference). Ceph and MinIO answer both, too.
 *
 *     sts_add(&form, "RoleArn", role);                  each parameter; Action is sts_assume's
 *     sts_assume(settings, &(struct sts_request){.form = &form, …}, &credential, err);
 *
 * Where it is: what aws_config_endpoint_url says of "sts", else AWS's of the region, with
 * use_fips_endpoint and use_dualstack_endpoint; without a region the global one, signed for
 * us-east-1.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_STS_H
#define DRYDOCK_SYNC_CREDENTIALS_STS_H

#include "sync/credentials/source.h"

struct sts_request {
	const char *source;              /* static: the credential's, and before each message */
	const char *action;              /* "AssumeRole"; its answer's elements begin with it */
	const char *role;                /* for messages */
	const struct str *form;          /* the parameters, "&Name=value" each */
	const struct credential *signer; /* NULL: unsigned */
};

/* Appends "&NAME=VALUE", encoded. */
void sts_add(struct str *form, const char *name, const char *value);

/* 1 with *out filled in, or -1: ERR_AUTH when refused, ERR_TEMPORARY when there is no answer. */
int sts_assume(const struct credentials_settings *settings, const struct sts_request *request,
               struct credential *out, struct err *err) MUST_CHECK;

#endif
