#include "stage/headers/caddy.h"

#include "base/layout.h"

#include <string.h>

static const struct site_line LINE = {"\t\t", " ", "\n"};

static int add_maps(const struct site *site, struct str *out, struct err *err)
{
	(void)str_adds(out, "\tmap {path} {drydock_tag} {\n");
	if (site_add_tags(site, LINE, out, err) < 0)
		return -1;
	(void)str_adds(out, "\t\tdefault none\n"
	                    "\t}\n"
	                    "\tmap {re.manifest.1} {drydock_type} {\n");
	if (site_add_types(site, LINE, out, err) < 0)
		return -1;
	(void)str_addf(out, "\t\tdefault %s\n\t}\n", site->type);
	return 0;
}

static void add_patterns(struct str *out)
{
	(void)str_adds(out,
	               "\t@write not method GET HEAD\n"
	               "\t@hidden path_regexp /\\.\n"
	               "\t@ping path_regexp ^/v2/?$\n"
	               "\t@list path_regexp ^/v2/(_catalog|.+/tags/list)$\n"
	               "\t@blob path_regexp blob ^/v2/.+/blobs/(" SITE_DIGEST ")$\n"
	               "\t@tag path_regexp tag ^/v2/(.+)/manifests/[^/:]+$\n"
	               "\t@known file /v2/{re.tag.1}/manifests/{drydock_tag}\n"
	               "\t@manifest path_regexp manifest ^/v2/.+/manifests/(" SITE_DIGEST ")$\n"
	               "\t@fallback path_regexp ^/v2/.+/manifests/sha(256|512)-[0-9a-f]+$\n"
	               "\t@referrers path_regexp ^/v2/.+/referrers/" SITE_DIGEST "$\n"
	               "\t@page path_regexp ^/" SITE_PAGE "$\n"
	               "\t@there file {path}\n");
}

/* Within `route` all is done in the order in which it is written. */
static void add_route(const struct site *site, struct str *out)
{
	(void)str_addf(out,
	               "\troute {\n"
	               "\t\theader Docker-Distribution-API-Version registry/2.0\n"
	               "\t\theader X-Content-Type-Options nosniff\n"
	               "\t\theader Cache-Control \"" CACHE_CONTROL_TAG "\"\n"
	               "\t\terror @write 405\n"
	               "\t\terror @hidden 404\n"
	               "\t\theader @ping Content-Type application/json\n"
	               "\t\trespond @ping `{}`\n"
	               "\t\troute @list {\n"
	               "\t\t\theader Content-Type application/json\n"
	               "\t\t\tfile_server\n"
	               "\t\t}\n"
	               "\t\troute @referrers {\n"
	               "\t\t\theader Content-Type " MT_OCI_INDEX "\n"
	               "\t\t\tfile_server @there\n"
	               "\t\t\trespond `" SITE_NO_REFERRERS "`\n"
	               "\t\t}\n"
	               "\t\theader @blob Cache-Control \"" CACHE_CONTROL_DIGEST "\"\n"
	               "\t\theader @manifest Cache-Control \"" CACHE_CONTROL_DIGEST "\"\n"
	               "\t\troute @blob {\n"
	               "\t\t\theader Content-Type " MT_OCTET_STREAM "\n"
	               "\t\t\theader Docker-Content-Digest {re.blob.1}\n"
	               "\t\t\tfile_server\n"
	               "\t\t}\n"
	               "\t\t# Two manifests of one second and one size have one ETag here.\n"
	               "\t\trequest_header @tag -If-None-Match\n"
	               "\t\trequest_header @tag -If-Modified-Since\n"
	               "\t\theader @tag Content-Type %s\n"
	               "\t\theader @fallback Content-Type " MT_OCI_INDEX "\n"
	               "\t\troute @tag {\n"
	               "\t\t\trewrite @known {http.matchers.file.relative}\n"
	               "\t\t\tfile_server @tag\n"
	               "\t\t}\n"
	               "\t\troute @manifest {\n"
	               "\t\t\theader Content-Type {drydock_type}\n"
	               "\t\t\theader Docker-Content-Digest {re.manifest.1}\n"
	               "\t\t\tfile_server\n"
	               "\t\t}\n"
	               "\t\trewrite / /" PAGE_INDEX "\n"
	               "\t\troute @page {\n"
	               "\t\t\theader Content-Type \"" PAGE_TYPE "\"\n"
	               "\t\t\tfile_server\n"
	               "\t\t}\n"
	               "\t\terror 404\n"
	               "\t}\n",
	               site->type);
	(void)str_adds(out, "\thandle_errors {\n"
	                    "\t\t@no_blob path_regexp /blobs/[^/]+$\n"
	                    "\t\t@no_manifest path_regexp /manifests/[^/]+$\n"
	                    "\t\t@read_only expression `{err.status_code} == 405`\n"
	                    "\t\troute {\n"
	                    "\t\t\theader Content-Type application/json\n"
	                    "\t\t\theader -Cache-Control\n"
	                    "\t\t\theader -Docker-Content-Digest\n"
	                    "\t\t\theader @read_only Allow \"GET, HEAD\"\n"
	                    "\t\t\trespond @read_only `" SITE_READ_ONLY "` 405\n"
	                    "\t\t\trespond @no_blob `" SITE_NO_BLOB "` {err.status_code}\n"
	                    "\t\t\trespond @no_manifest `" SITE_NO_MANIFEST "` {err.status_code}\n"
	                    "\t\t\trespond `" SITE_NO_NAME "` {err.status_code}\n"
	                    "\t\t}\n"
	                    "\t}\n");
}

static void add_site(const struct site *site, struct str *out)
{
	const char *port = strrchr(site->listen, ':');
	int host_len = (int)(port - site->listen);

	(void)str_addf(out, "http://%s {\n", port);
	if (host_len > 0)
		(void)str_addf(out, "\tbind %.*s\n", host_len, site->listen);
	(void)str_adds(out, "\timport drydock\n}\n");
}

int caddy_write(const struct site *site, struct str *config, struct err *err)
{
	(void)str_addf(
		config,
		"# For Caddy 2: import it in the Caddyfile. Sites of yours, with names and TLS,\n"
		"# are served in the same way by `import drydock`.\n"
		"# Make it again, and `caddy reload`, whenever tags were staged, moved or\n"
		"# removed: until then Caddy serves them as they are written here.\n\n"
		"(drydock) {\n"
		"\troot * \"%s\"\n",
		site->path);
	if (add_maps(site, config, err) < 0)
		return -1;
	add_patterns(config);
	add_route(site, config);
	(void)str_adds(config, "}\n");
	add_site(site, config);
	return 0;
}
