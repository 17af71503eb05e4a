#include "stage/headers/nginx.h"

#include "base/layout.h"

#include <inttypes.h>

enum { BUCKET_BYTES = 1024, TABLE_MIN = 2048 }; /* a key of the tags has at most 400 bytes */

static const struct site_line LINE = {"  ", " ", ";\n"};

/* The tags are resolved here, so that bytes, type and digest always are of one manifest. */
static int add_maps(const struct site *site, struct str *out, struct err *err)
{
	uint64_t entries = site->tags > site->others ? site->tags : site->others, table = TABLE_MIN;

	while (table < entries)
		table *= 2;
	(void)str_addf(out, "map_hash_bucket_size %d;\nmap_hash_max_size %" PRIu64 ";\n",
	               BUCKET_BYTES, table);
	(void)str_adds(out, "map $uri $drydock_tag {\n");
	if (site_add_tags(site, LINE, out, err) < 0)
		return -1;
	(void)str_adds(out, "}\n"
	                    "map $uri $drydock_digest {\n"
	                    "  \"~^/v2/.+/(?:blobs|manifests)/(" SITE_DIGEST ")$\" $1;\n"
	                    "}\n");
	(void)str_addf(out, "map $drydock_digest $drydock_manifest {\n  default %s;\n", site->type);
	if (site_add_types(site, LINE, out, err) < 0)
		return -1;
	(void)str_adds(out, "}\n"
	                    "map $uri $drydock_type {\n"
	                    "  default application/json;\n"
	                    "  \"~/blobs/[^/]+$\" application/octet-stream;\n"
	                    "  \"~/referrers/[^/]+$\" " MT_OCI_INDEX ";\n"
	                    "  \"~/manifests/" SITE_FALLBACK "$\" " MT_OCI_INDEX ";\n"
	                    "  \"~/manifests/[^/]+$\" $drydock_manifest;\n"
	                    "  \"~^/" SITE_PAGE "$\" \"" PAGE_TYPE "\";\n"
	                    "}\n"
	                    "map $uri $drydock_error {\n"
	                    "  default '" SITE_NO_NAME "';\n"
	                    "  \"~/blobs/[^/]+$\" '" SITE_NO_BLOB "';\n"
	                    "  \"~/manifests/[^/]+$\" '" SITE_NO_MANIFEST "';\n"
	                    "}\n");
	return 0;
}

/* What is neither in v2/ nor a page, .drydock above all, is not there: the last location. */
static void add_server(const struct site *site, struct str *out)
{
	(void)str_addf(out,
	               "server {\n"
	               "  listen %s%s;\n"
	               "  include drydock.d/*.conf; # of yours: server_name, TLS, limits\n"
	               "  root \"%s\";\n"
	               "  gzip off;\n"
	               "  types { }\n"
	               "  default_type \"\"; # the map's\n"
	               "  set $drydock_cache \"" CACHE_CONTROL_TAG "\";\n",
	               site->listen[0] == ':' ? "*" : "", site->listen, site->path);
	(void)str_adds(out, "  add_header Content-Type $drydock_type;\n"
	                    "  add_header Docker-Content-Digest $drydock_digest;\n"
	                    "  add_header Cache-Control $drydock_cache;\n"
	                    "  add_header Docker-Distribution-API-Version registry/2.0 always;\n"
	                    "  add_header X-Content-Type-Options nosniff always;\n"
	                    "  error_page 403 404 = @missing;\n"
	                    "  error_page 405 = @read_only;\n"
	                    "  if ($request_method !~ ^(GET|HEAD)$) { return 405; }\n"
	                    "  location ~ ^/v2/?$ { return 200 '{}'; }\n"
	                    "  location ~ ^/v2/.+/blobs/[^/]+$ {\n"
	                    "    set $drydock_cache \"" CACHE_CONTROL_DIGEST "\";\n"
	                    "    try_files $uri =404;\n"
	                    "  }\n"
	                    "  location ~ ^/v2/.+/manifests/[^/]+:[^/]+$ {\n"
	                    "    set $drydock_cache \"" CACHE_CONTROL_DIGEST "\";\n"
	                    "    try_files $uri =404;\n"
	                    "  }\n"
	                    "  # Two manifests of one second and one size have one ETag here.\n"
	                    "  location ~ ^/v2/(?<drydock_name>.+)/manifests/[^/:]+$ {\n"
	                    "    etag off;\n"
	                    "    if_modified_since off;\n"
	                    "    try_files /v2/$drydock_name/manifests/$drydock_tag $uri =404;\n"
	                    "  }\n"
	                    "  location ~ ^/v2/.+/referrers/" SITE_DIGEST
	                    "$ { try_files $uri @no_referrers; }\n"
	                    "  location ^~ /v2/_catalog { try_files $uri =404; }\n"
	                    "  location ~ ^/v2/.+/tags/list$ { try_files $uri =404; }\n"
	                    "  location = / { try_files /" PAGE_INDEX " =404; }\n"
	                    "  location ~ ^/" SITE_PAGE "$ { try_files $uri =404; }\n"
	                    "  location / { return 404; }\n"
	                    "  location @no_referrers { return 200 '" SITE_NO_REFERRERS "'; }\n"
	                    "  location @missing { default_type application/json; return 404 "
	                    "$drydock_error; }\n"
	                    "  location @read_only {\n"
	                    "    default_type application/json;\n"
	                    "    add_header Allow \"GET, HEAD\" always;\n"
	                    "    return 405 '" SITE_READ_ONLY "';\n"
	                    "  }\n"
	                    "}\n");
}

int nginx_write(const struct site *site, struct str *config, struct err *err)
{
	(void)str_adds(
		config,
		"# For nginx 1.11 or newer: include it on the level of http, as\n"
		"# /etc/nginx/conf.d/drydock.conf.\n"
		"# Make it again, and `nginx -s reload`, whenever tags were staged, moved or\n"
		"# removed: until then nginx serves them as they are written here.\n\n");
	if (add_maps(site, config, err) < 0)
		return -1;
	add_server(site, config);
	return 0;
}
