/*
 * provider: what is known beforehand of the services that speak S3, as data. What a table cannot
 * know is learned at run time.
 */
#ifndef DRYDOCK_SYNC_S3_PROVIDER_H
#define DRYDOCK_SYNC_S3_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

enum provider_trait {
	PROVIDER_ACL = 1,                /* x-amz-acl is understood */
	PROVIDER_IF_NONE_MATCH = 2,      /* PUT with If-None-Match: * */
	PROVIDER_IF_MATCH = 4,           /* PUT with If-Match: ETag */
	PROVIDER_IF_MATCH_UNQUOTED = 8,  /* …but only without the quotes (Ceph RGW 16) */
	PROVIDER_LIST_URL_ENCODING = 16, /* encoding-type=url works, and is needed for odd keys */
	PROVIDER_MD5_ETAG = 32,          /* a single PUT's ETag is the MD5 */
	PROVIDER_COMPOSITE_ETAG = 64,    /* a multipart ETag is the MD5 of the parts' MD5s */
	PROVIDER_VIRTUAL_HOST = 128,     /* `auto` chooses virtual-host style */
	PROVIDER_COMPLETE_REPEATABLE = 256, /* a second Complete succeeds */
	PROVIDER_COPY_PART = 512,           /* UploadPartCopy */
	PROVIDER_KMS = 1024,                /* objects may have opaque ETags by SSE-KMS */
	/*
	 * Ceph RGW 16 ignores x-amz-copy-source-if-match and reads x-amz-copy-if-match instead:
	 * both are sent.
	 */
	PROVIDER_COPY_IF_MATCH_CEPH = 2048,
	/*
	 * Nothing is known of conditions: they are tried, and believed only so far (session).
	 * Ignored ones do no harm.
	 */
	PROVIDER_CONDITIONS_TRIED = 4096,
};

struct provider {
	const char *name;  /* for --provider; a provider with several suffixes has several rows */
	const char *title; /* for people */
	const char *hosts; /* for people: what endpoints are called, separated by ", "; "": as one
	                      likes */
	const char *host_suffix; /* ".amazonaws.com"; NULL: never guessed */
	const char *region;      /* when nothing says one */
	unsigned traits;         /* enum provider_trait bits */
	uint32_t max_parts;
};

/* The word for a trait, such as "md5-etag"; NULL when the bit is none. */
const char *provider_trait_name(unsigned trait);
/* What it means, in a line. */
const char *provider_trait_meaning(unsigned trait);

/* NULL when there is no such name. */
const struct provider *provider_find(const char *name);
/* Never NULL: `other` when the host tells nothing. */
const struct provider *provider_guess(const char *host);
/* The i-th row, or NULL past the end. */
const struct provider *provider_at(unsigned index);
/* Whether another row before the i-th has its name. */
bool provider_is_further_row(unsigned index);

static inline bool provider_has(const struct provider *provider, enum provider_trait trait)
{
	return (provider->traits & (unsigned)trait) != 0;
}

/*
 * The region in a provider's own host name ("fra1.digitaloceanspaces.com",
 * "s3.eu-west-1.amazonaws.com"), written to `region` of `max` bytes; false when it has none.
 */
bool provider_region_of_host(const struct provider *provider, const char *host, char *region,
                             unsigned max);

/*
 * Makes of a host that only machines within the provider's own network reach the one that everybody
 * does ("s3.oss-REGION-internal.aliyuncs.com"); leaves any other alone.
 */
void provider_public_host(const struct provider *provider, char *host);

#endif
