/*
 * service_url: where one of AWS's services besides S3 is, for requests that credentials need: what
 * the environment or the files say of it, else AWS's own host in the region ("Service endpoints and
 * quotas", AWS General Reference).
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_SERVICE_URL_H
#define DRYDOCK_SYNC_CREDENTIALS_SERVICE_URL_H

#include "sync/credentials/aws_config.h"

#include "base/str.h"

struct service_url {
	struct str url;  /* owned; "https://sts.eu-west-1.amazonaws.com/" */
	struct str host; /* owned; as the Host header has it */
	struct str path; /* owned; "/" or "/base/" */
	char region[64]; /* to sign for */
};

/*
 * `service` as aws_config_endpoint_url wants it, `host_label` as AWS's hosts begin; `region` NULL:
 * the configured one. Initialises *at, also when it fails.
 */
int service_url_make(struct service_url *at, const struct aws_config *config, const char *service,
                     const char *host_label, const char *region, struct err *err) MUST_CHECK;
void service_url_release(struct service_url *at);

/* What AWS's host names end with in a region's partition: "amazonaws.com" and its like. */
const char *aws_region_suffix(const char *region, bool dual_stack);

#endif
