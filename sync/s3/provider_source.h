/*
 * provider_source: in which document of its vendor stands what provider.h says of a service.
 *
 * Where there is none, the trait is what nearly every server has, or was found by trial:
 * tests/e2e runs against Ceph RGW.
 */
#ifndef DRYDOCK_SYNC_S3_PROVIDER_SOURCE_H
#define DRYDOCK_SYNC_S3_PROVIDER_SOURCE_H

/* What is no enum provider_trait. */
enum provider_fact {
	PROVIDER_FACT_HOSTS = 1 << 20,
	PROVIDER_FACT_PARTS = 1 << 21, /* max_parts */
};

/* The URL for one trait or fact of the provider called `name`; NULL: there is none. */
const char *provider_source(const char *name, unsigned trait);
/* The i-th URL about the hosts of the provider called `name`, or NULL. */
const char *provider_hosts_source(const char *name, unsigned index);

#endif
