#include "sync/s3/provider.h"

#include <string.h>
#include <strings.h>

/*
 * sync/s3/provider_source says which document each trait stands in. Where documents are silent the
 * trait is left out, and sync then does without; or, of what nearly every server has (ASSUMED), it
 * is taken for given, as it is of an unknown server.
 */
enum {
	ETAGS = PROVIDER_MD5_ETAG | PROVIDER_COMPOSITE_ETAG,
	USUAL = PROVIDER_LIST_URL_ENCODING | ETAGS | PROVIDER_COPY_PART,
	CONDITIONAL = PROVIDER_IF_NONE_MATCH | PROVIDER_IF_MATCH,
	AMAZON = USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST |
	         PROVIDER_COMPLETE_REPEATABLE | PROVIDER_KMS,
	/* What is not known of Ceph's behaviour does no harm elsewhere. */
	ASSUMED = USUAL | PROVIDER_COPY_IF_MATCH_CEPH | PROVIDER_CONDITIONS_TRIED,
	OVH = (USUAL & ~(unsigned)PROVIDER_COPY_PART) | PROVIDER_COPY_IF_MATCH_CEPH | CONDITIONAL |
	      PROVIDER_IF_MATCH_UNQUOTED | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST,
};

/* Separated by ", ". */
#define AMAZON_HOSTS                                                                               \
	"s3.REGION.amazonaws.com, s3.dualstack.REGION.amazonaws.com, "                             \
	"s3-fips.REGION.amazonaws.com, s3-fips.dualstack.REGION.amazonaws.com, "                   \
	"s3-accelerate.amazonaws.com, s3-accelerate.dualstack.amazonaws.com, "                     \
	"s3.us-gov-west-1.amazonaws.com, s3.us-gov-east-1.amazonaws.com"

static const struct provider table[] = {
	{"aws", "Amazon S3", AMAZON_HOSTS, ".amazonaws.com", "us-east-1", AMAZON, 10000},
	{"aws", "Amazon S3 (China)",
         "s3.cn-north-1.amazonaws.com.cn, s3.cn-northwest-1.amazonaws.com.cn", ".amazonaws.com.cn",
         "cn-north-1", AMAZON, 10000},
	{"aws", "Amazon S3 (European Sovereign Cloud)", "s3.eusc-de-east-1.amazonaws.eu",
         ".amazonaws.eu", "eusc-de-east-1", AMAZON, 10000},
	{"r2", "Cloudflare R2",
         "ACCOUNT_ID.r2.cloudflarestorage.com, ACCOUNT_ID.eu.r2.cloudflarestorage.com",
         ".r2.cloudflarestorage.com", "auto", USUAL | CONDITIONAL, 10000},
	{"digitalocean", "DigitalOcean Spaces", "REGION.digitaloceanspaces.com",
         ".digitaloceanspaces.com", "us-east-1",
         (USUAL & ~(unsigned)PROVIDER_LIST_URL_ENCODING) | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST,
         10000},
	{"scaleway", "Scaleway Object Storage", "s3.REGION.scw.cloud", ".scw.cloud", "fr-par",
         USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 1000},
	{"b2", "Backblaze B2", "s3.REGION.backblazeb2.com", ".backblazeb2.com", "us-west-004",
         USUAL | PROVIDER_VIRTUAL_HOST, 10000},
	{"wasabi", "Wasabi", "s3.REGION.wasabisys.com", ".wasabisys.com", "us-east-1",
         USUAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"gcs", "Google Cloud Storage", "storage.googleapis.com", "storage.googleapis.com", "auto",
         PROVIDER_MD5_ETAG | PROVIDER_ACL, 10000},
	{"ovh", "OVHcloud Object Storage", "s3.REGION.io.cloud.ovh.net", ".io.cloud.ovh.net", "gra",
         OVH, 10000},
	{"ovh", "OVHcloud Object Storage (high performance)", "s3.REGION.perf.cloud.ovh.net",
         ".perf.cloud.ovh.net", "gra", OVH, 10000},
	{"hetzner", "Hetzner Object Storage", "REGION.your-objectstorage.com",
         ".your-objectstorage.com", "fsn1",
         (ASSUMED & ~(unsigned)PROVIDER_COPY_PART) | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"idrive", "IDrive e2", "s3.REGION.idrivee2.com", ".idrivee2.com", "us-west-1", ASSUMED,
         10000},
	{"tencent", "Tencent Cloud COS", "cos.REGION.myqcloud.com", ".myqcloud.com", "ap-guangzhou",
         (ASSUMED & ~(unsigned)PROVIDER_COMPOSITE_ETAG) | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST,
         10000},
	{"alibaba", "Alibaba Cloud OSS",
         "s3.oss-REGION.aliyuncs.com, s3.oss-REGION-internal.aliyuncs.com", ".aliyuncs.com",
         "cn-hangzhou",
         (ASSUMED & ~(unsigned)PROVIDER_COMPOSITE_ETAG) | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST,
         10000},
	{"linode", "Akamai (Linode) Object Storage", "REGION.linodeobjects.com",
         ".linodeobjects.com", "us-east-1", ASSUMED | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"oracle", "Oracle Cloud Object Storage",
         "NAMESPACE.compat.objectstorage.REGION.oraclecloud.com", ".oraclecloud.com",
         "us-ashburn-1", PROVIDER_CONDITIONS_TRIED, 10000},
	{"ibm", "IBM Cloud Object Storage", "s3.REGION.cloud-object-storage.appdomain.cloud",
         ".cloud-object-storage.appdomain.cloud", "us-south",
         ASSUMED | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST | PROVIDER_KMS, 10000},
	{"storj", "Storj", "gateway.storjshare.io", ".storjshare.io", "us-east-1",
         (ASSUMED & ~(unsigned)PROVIDER_COPY_PART), 10000},
	{"tigris", "Tigris", "t3.storage.dev", "t3.storage.dev", "auto",
         USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"tigris", "Tigris (Fly.io)", "fly.storage.tigris.dev", "fly.storage.tigris.dev", "auto",
         USUAL | CONDITIONAL | PROVIDER_ACL | PROVIDER_VIRTUAL_HOST, 10000},
	{"minio", "MinIO", "", NULL, "us-east-1", USUAL | CONDITIONAL | PROVIDER_KMS, 10000},
	{"ceph", "Ceph RGW", "", NULL, "us-east-1",
         USUAL | CONDITIONAL | PROVIDER_IF_MATCH_UNQUOTED | PROVIDER_ACL |
                 PROVIDER_COMPLETE_REPEATABLE | PROVIDER_KMS | PROVIDER_COPY_IF_MATCH_CEPH,
         10000},
	{"swift", "OpenStack Swift", "", NULL, "us-east-1",
         USUAL | PROVIDER_ACL | PROVIDER_COMPLETE_REPEATABLE, 1000},
	{"garage", "Garage", "", NULL, "garage", ASSUMED, 10000},
	{"seaweedfs", "SeaweedFS", "", NULL, "us-east-1", ASSUMED | PROVIDER_ACL | PROVIDER_KMS,
         10000},
	/* Last: a server that the host tells nothing of. */
	{"other", "S3-compatible", "", NULL, "us-east-1", ASSUMED | PROVIDER_ACL | PROVIDER_KMS,
         10000},
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

static const struct {
	unsigned trait;
	const char *name, *meaning;
} traits[] = {
	{PROVIDER_VIRTUAL_HOST, "virtual-host",
         "the bucket goes before the host (--addressing-style auto)"},
	{PROVIDER_ACL, "acl", "--acl is understood"},
	{PROVIDER_IF_NONE_MATCH, "if-none-match", "an object can be put only if there is none"},
	{PROVIDER_IF_MATCH, "if-match",
         "an object can be replaced only if it is the one that was read"},
	{PROVIDER_IF_MATCH_UNQUOTED, "if-match-unquoted",
         "… and its ETag stands without quotes then"},
	{PROVIDER_CONDITIONS_TRIED, "conditions-tried",
         "whether it heeds these conditions is tried"},
	{PROVIDER_LIST_URL_ENCODING, "list-encoding", "lists can have their keys encoded"},
	{PROVIDER_MD5_ETAG, "md5-etag", "the ETag of what was sent at once is its MD5"},
	{PROVIDER_COMPOSITE_ETAG, "composite-etag",
         "the ETag of what was sent in parts is the MD5 of theirs"},
	{PROVIDER_COMPLETE_REPEATABLE, "complete-repeatable",
         "completing an upload twice is no error"},
	{PROVIDER_COPY_PART, "copy-part", "parts can be copied on the server"},
	{PROVIDER_KMS, "kms", "encryption by a key service makes ETags that tell nothing"},
	{PROVIDER_COPY_IF_MATCH_CEPH, "copy-if-match-ceph",
         "a copy's condition is said in Ceph's way, too"},
};

enum { TRAITS = sizeof(traits) / sizeof(traits[0]) };

const char *provider_trait_name(unsigned trait)
{
	for (size_t i = 0; i < TRAITS; i++)
		if (traits[i].trait == trait)
			return traits[i].name;
	return NULL;
}

const char *provider_trait_meaning(unsigned trait)
{
	for (size_t i = 0; i < TRAITS; i++)
		if (traits[i].trait == trait)
			return traits[i].meaning;
	return "";
}

const struct provider *provider_at(unsigned index)
{
	return index < ROWS ? &table[index] : NULL;
}

bool provider_is_further_row(unsigned index)
{
	return provider_find(table[index].name) != &table[index];
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

/* The end of "-internal" before Alibaba's own suffix; NULL in any other host. */
static const char *internal_end(const struct provider *provider, const char *host)
{
	static const char internal[] = "-internal";
	const char *end;

	if (strcmp(provider->name, "alibaba") != 0 || !ends_with(host, provider->host_suffix))
		return NULL;
	end = host + strlen(host) - strlen(provider->host_suffix);
	return (size_t)(end - host) > strlen(internal) &&
	                       strncasecmp(end - strlen(internal), internal, strlen(internal)) == 0
	               ? end
	               : NULL;
}

void provider_public_host(const struct provider *provider, char *host)
{
	const char *end = internal_end(provider, host);

	if (end)
		memmove(host + (end - host) - strlen("-internal"), end, strlen(end) + 1);
}

/*
 * Where the region stands in these hosts: it is the label before the provider's own suffix, in
 * s3.REGION.amazonaws.com, REGION.digitaloceanspaces.com, s3.dualstack.REGION.amazonaws.com and so
 * on; behind "s3-" in Amazon's old names and behind "oss-" in Alibaba's.
 */
bool provider_region_of_host(const struct provider *provider, const char *host, char *region,
                             unsigned max)
{
	static const char *const not_regions[] = {"s3",   "dualstack",  "accelerate",
	                                          "fips", "external-1", "gateway"};
	static const char *const before[] = {"s3-", "oss-"};
	const char *end, *start;
	size_t len;

	if (!provider->host_suffix || provider->host_suffix[0] != '.' ||
	    !ends_with(host, provider->host_suffix) || strcmp(provider->name, "r2") == 0)
		return false;
	end = host + strlen(host) - strlen(provider->host_suffix);
	for (start = end; start > host && start[-1] != '.'; start--)
		;
	if (internal_end(provider, host))
		end -= strlen("-internal");
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (strncmp(start, before[i], strlen(before[i])) == 0)
			start += strlen(before[i]);
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
