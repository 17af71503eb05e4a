#include "sync/s3/provider_source.h"

#include "sync/s3/provider.h"

#include <stddef.h>
#include <string.h>

enum {
	HOSTS = PROVIDER_FACT_HOSTS,
	PARTS = PROVIDER_FACT_PARTS,
	STYLE = PROVIDER_VIRTUAL_HOST,
	CONDITIONS = PROVIDER_IF_NONE_MATCH | PROVIDER_IF_MATCH,
	ETAGS = PROVIDER_MD5_ETAG | PROVIDER_COMPOSITE_ETAG,
	LISTS = PROVIDER_LIST_URL_ENCODING,
};

#define AWS    "https://docs.aws.amazon.com/AmazonS3/latest/"
#define R2     "https://developers.cloudflare.com/r2/"
#define SPACES "https://docs.digitalocean.com/products/spaces/reference/s3-compatibility/"
#define GOOGLE "https://cloud.google.com/storage/docs/"
#define OSS    "https://www.alibabacloud.com/help/en/oss/developer-reference/"
#define OVH    "https://github.com/ovh/docs/tree/develop/pages/storage_and_backup/object_storage/"
#define LINODE "https://techdocs.akamai.com/cloud-computing/docs/"
#define ORACLE "https://docs.oracle.com/en-us/iaas/Content/Object/Tasks/s3compatibleapi.htm"
#define COS    "https://www.tencentcloud.com/document/product/436/"

static const struct source {
	const char *name;
	unsigned traits; /* enum provider_trait and enum provider_fact bits */
	const char *url;
} sources[] = {
	{"aws", HOSTS, "https://docs.aws.amazon.com/general/latest/gr/s3.html"},
	{"aws", HOSTS, AWS "userguide/dual-stack-endpoints.html"},
	{"aws", HOSTS, AWS "userguide/transfer-acceleration-getting-started.html"},
	{"aws", HOSTS, AWS "userguide/access-points-naming.html"},
	{"aws", HOSTS,
         "https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html"},
	{"aws", HOSTS,
         "https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html"},
	{"aws", STYLE, AWS "userguide/VirtualHosting.html"},
	{"aws", PROVIDER_ACL, AWS "userguide/acl-overview.html"},
	{"aws", CONDITIONS, AWS "userguide/conditional-writes.html"},
	{"aws", LISTS, AWS "API/API_ListObjectsV2.html"},
	{"aws", ETAGS | PROVIDER_KMS, AWS "API/API_Object.html"},
	{"aws", PROVIDER_COMPLETE_REPEATABLE, AWS "API/API_CompleteMultipartUpload.html"},
	{"aws", PROVIDER_COPY_PART, AWS "API/API_UploadPartCopy.html"},
	{"aws", PARTS, AWS "userguide/qfacts.html"},

	{"r2", HOSTS | LISTS | PROVIDER_COPY_PART, R2 "api/s3/api/"},
	{"r2", CONDITIONS, R2 "api/s3/conditional-operations/"},
	{"r2", ETAGS | PARTS, R2 "objects/multipart-objects/"},

	{"digitalocean", HOSTS | PROVIDER_ACL,
         "https://docs.digitalocean.com/reference/api/spaces-api/"},
	{"digitalocean", PROVIDER_COPY_PART, SPACES},

	{"scaleway", CONDITIONS,
         "https://www.scaleway.com/en/docs/object-storage/api-cli/using-conditional-writes/"},
	{"scaleway", HOSTS | STYLE | PARTS,
         "https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/"},

	{"b2", HOSTS | STYLE,
         "https://www.backblaze.com/docs/cloud-storage-call-the-s3-compatible-api"},
	{"b2", PROVIDER_COPY_PART | PARTS, "https://www.backblaze.com/apidocs/s3-upload-part-copy"},

	{"wasabi", HOSTS, "https://docs.wasabi.com/docs/service-urls-for-wasabis-storage-regions"},
	{"wasabi", STYLE | LISTS | ETAGS | PROVIDER_ACL | PROVIDER_COPY_PART | PARTS,
         "https://docs.wasabi.com/apidocs/wasabi-api"},

	{"gcs", HOSTS, GOOGLE "request-endpoints"},
	{"gcs", PROVIDER_MD5_ETAG, GOOGLE "hashes-etags"},
	{"gcs", PROVIDER_ACL, GOOGLE "access-control/lists"},
	{"gcs", PARTS, GOOGLE "xml-api/put-object-multipart"},

	{"ovh", HOSTS, OVH "s3_location"},
	{"ovh", PROVIDER_ACL, OVH "s3_s3_compliancy"},
	{"ovh", CONDITIONS | PROVIDER_IF_MATCH_UNQUOTED, OVH "s3_conditional_writes"},

	{"hetzner", HOSTS | STYLE, "https://docs.hetzner.com/storage/object-storage/overview/"},
	{"hetzner", PROVIDER_ACL,
         "https://docs.hetzner.com/storage/object-storage/supported-actions/"},

	{"idrive", HOSTS, "https://www.idrive.com/s3-storage-e2/e2-endpoint-urls"},

	{"tencent", HOSTS, COS "32537"},
	{"tencent", STYLE, COS "7746"},
	{"tencent", PROVIDER_ACL, COS "10881"},
	{"tencent", PROVIDER_COPY_PART, COS "8287"},

	{"alibaba", HOSTS, OSS "use-amazon-s3-sdks-to-access-oss"},
	{"alibaba", STYLE | PROVIDER_ACL | PROVIDER_COPY_PART, OSS "compatibility-with-amazon-s3"},

	{"linode", HOSTS | STYLE, LINODE "access-buckets-and-files-through-urls"},
	{"linode", PROVIDER_ACL,
         LINODE "define-access-and-permissions-using-acls-access-control-lists"},

	{"oracle", HOSTS, ORACLE},

	{"ibm", HOSTS,
         "https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-endpoints"},
	{"ibm", PROVIDER_COPY_PART,
         "https://cloud.ibm.com/docs/"
         "cloud-object-storage?topic=cloud-object-storage-compatibility-api"},

	{"storj", HOSTS, "https://storj.dev/dcs/api/s3/s3-compatibility"},

	{"tigris", HOSTS | PROVIDER_ACL | PROVIDER_COPY_PART,
         "https://www.tigrisdata.com/docs/api/s3/"},
	{"tigris", CONDITIONS, "https://www.tigrisdata.com/docs/objects/conditionals/"},

	{"swift", PROVIDER_ACL | PROVIDER_COPY_PART,
         "https://docs.openstack.org/swift/latest/s3_compat.html"},
	{"ceph", PROVIDER_ACL, "https://docs.ceph.com/en/latest/radosgw/s3/"},

	{"garage", PROVIDER_COPY_PART,
         "https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility/"},
	{"seaweedfs", PROVIDER_COMPOSITE_ETAG,
         "https://github.com/seaweedfs/seaweedfs/blob/master/weed/s3api/filer_multipart.go"},
};

enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

const char *provider_source(const char *name, unsigned trait)
{
	for (size_t i = 0; i < SOURCES; i++)
		if ((sources[i].traits & trait) && strcmp(sources[i].name, name) == 0)
			return sources[i].url;
	return NULL;
}

const char *provider_hosts_source(const char *name, unsigned index)
{
	for (size_t i = 0; i < SOURCES; i++)
		if ((sources[i].traits & HOSTS) && strcmp(sources[i].name, name) == 0 &&
		    index-- == 0)
			return sources[i].url;
	return NULL;
}
