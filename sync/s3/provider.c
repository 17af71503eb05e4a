#include "sync/s3/provider.h"

#include <string.h>
#include <strings.h>

/*
 * Sources: each provider's own page on S3 compatibility; Ceph radosgw and MinIO by trial. Where a
 * document is silent the trait is left out: sync then does without.
 */
enum {
	USUAL = PROVIDER_LIST_URL_ENCODING | PROVIDER_MD5_ETAG | PROVIDER_COMPOSITE_ETAG |
	        PROVIDER_COPY_PART,
	CONDITIONAL = PROVIDER_IF_NONE_MATCH | PROVIDER_IF_MATCH,
};

static const struct provider table[] = {
	{"aws", "Amazon S3", ".amazonaws.com", "us-east-1",
         USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST | PROVIDER_COMPLETE_REPEATABLE |
                 PROVIDER_KMS,
         10000},
	{"aws", "Amazon S3", ".amazonaws.com.cn", "cn-north-1",
         USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST | PROVIDER_COMPLETE_REPEATABLE |
                 PROVIDER_KMS,
         10000},
	{"r2", "Cloudflare R2", ".r2.cloudflarestorage.com", "auto", USUAL | CONDITIONAL, 10000},
	{"digitalocean", "DigitalOcean Spaces", ".digitaloceanspaces.com", "us-east-1",
         (USUAL & ~(unsigned)PROVIDER_LIST_URL_ENCODING) | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST,
         10000},
	{"scaleway", "Scaleway Object Storage", ".scw.cloud", "fr-par",
         USUAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 1000},
	{"b2", "Backblaze B2", ".backblazeb2.com", "us-west-004", USUAL | PROVIDER_VIRTUAL_HOST,
         10000},
	{"wasabi", "Wasabi", ".wasabisys.com", "us-east-1",
         USUAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"gcs", "Google Cloud Storage", "storage.googleapis.com", "auto",
         PROVIDER_MD5_ETAG | PROVIDER_ACL, 10000},
	{"minio", "MinIO", NULL, "us-east-1", USUAL | CONDITIONAL | PROVIDER_KMS, 10000},
	{"ceph", "Ceph RGW", NULL, "us-east-1",
         USUAL | CONDITIONAL | PROVIDER_IF_MATCH_UNQUOTED | PROVIDER_ACL |
                 PROVIDER_COMPLETE_REPEATABLE | PROVIDER_KMS | PROVIDER_COPY_IF_MATCH_CEPH,
         10000},
	{"swift", "OpenStack Swift", NULL, "us-east-1",
         USUAL | PROVIDER_ACL | PROVIDER_COMPLETE_REPEATABLE | PROVIDER_IF_NONE_MATCH, 1000},
	/* Last: a server that the host tells nothing of. Conditions are learned at run time. */
	{"other", "S3-compatible", NULL, "us-east-1",
         USUAL | PROVIDER_ACL | PROVIDER_KMS | PROVIDER_COPY_IF_MATCH_CEPH, 10000},
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

const struct provider *provider_at(unsigned index)
{
	return index < ROWS ? &table[index] : NULL;
}

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcasecmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && strcasecmp(text + len - suffix_len, suffix) == 0;
}

const struct provider *provider_guess(const char *host)
{
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].host_suffix && ends_with(host, table[i].host_suffix))
			return &table[i];
	return &table[ROWS - 1];
}

/*
 * Labels of these hosts, by where the region stands when counted from the provider's own suffix:
 * s3.REGION.amazonaws.com, REGION.digitaloceanspaces.com, s3.REGION.scw.cloud,
 * s3.REGION.backblazeb2.com, s3.REGION.wasabisys.com. Always the label before the suffix.
 */
bool provider_region_of_host(const struct provider *provider, const char *host, char *region,
                             unsigned max)
{
	static const char *const not_regions[] = {"s3", "dualstack", "s3-accelerate", "s3-fips"};
	const char *end, *start;
	size_t len;

	if (!provider->host_suffix || provider->host_suffix[0] != '.' ||
	    !ends_with(host, provider->host_suffix) || strcmp(provider->name, "r2") == 0)
		return false;
	end = host + strlen(host) - strlen(provider->host_suffix);
	for (start = end; start > host && start[-1] != '.'; start--)
		;
	len = (size_t)(end - start);
	if (len == 0 || len >= max)
		return false;
	memcpy(region, start, len);
	region[len] = '\0';
	for (size_t i = 0; i < sizeof(not_regions) / sizeof(not_regions[0]); i++)
		if (strcmp(region, not_regions[i]) == 0)
			return false;
	return true;
}
