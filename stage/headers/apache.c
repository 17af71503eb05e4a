#include "stage/headers/apache.h"

#include "base/layout.h"

#include <string.h>

static const struct site_line LINE = {"", " ", "\n"};

static void add_host(const struct site *site, struct str *out)
{
	const char *port = strrchr(site->listen, ':');

	(void)str_addf(out,
	               "Listen %s\n"
	               "<VirtualHost %s%s>\n"
	               "  IncludeOptional drydock.d/*.conf\n"
	               "  DocumentRoot \"%s\"\n"
	               "  <Directory \"%s\">\n"
	               "    Options None\n"
	               "    AllowOverride None\n"
	               "    Require all granted\n"
	               "    <IfModule dir_module>\n"
	               "      DirectorySlash Off\n"
	               "      DirectoryIndex disabled\n"
	               "    </IfModule>\n"
	               "  </Directory>\n",
	               site->listen[0] == ':' ? port + 1 : site->listen,
	               site->listen[0] == ':' ? "*" : "", site->listen, site->path, site->path);
}

/* A rule that ends the request with a status has the body of that ErrorDocument, 200 as well. */
static void add_bodies(struct str *out)
{
	(void)str_adds(out, "  ErrorDocument 200 '{}'\n"
	                    "  ErrorDocument 403 '" SITE_NO_NAME "'\n"
	                    "  ErrorDocument 404 '" SITE_NO_NAME "'\n"
	                    "  ErrorDocument 405 '" SITE_READ_ONLY "'\n"
	                    "  <LocationMatch \"/blobs/[^/]+$\">\n"
	                    "    ErrorDocument 404 '" SITE_NO_BLOB "'\n"
	                    "  </LocationMatch>\n"
	                    "  <LocationMatch \"/manifests/[^/]+$\">\n"
	                    "    ErrorDocument 404 '" SITE_NO_MANIFEST "'\n"
	                    "  </LocationMatch>\n"
	                    "  <LocationMatch \"/referrers/[^/]+$\">\n"
	                    "    ErrorDocument 200 '" SITE_NO_REFERRERS "'\n"
	                    "  </LocationMatch>\n");
}

static void add_rules(const struct site *site, const char *map_path, struct str *out)
{
	(void)str_addf(
		out,
		"  RewriteEngine On\n"
		"  RewriteMap drydock \"txt:%s\"\n"
		"  RewriteCond %%{REQUEST_METHOD} !^(GET|HEAD)$\n"
		"  RewriteRule ^ - [R=405,L]\n"
		"  RewriteRule ^/v2/?$ - [E=drydock_type:application/json,R=200,L]\n"
		"  RewriteRule ^/v2/.+/blobs/(" SITE_DIGEST ")$ - "
		"[E=drydock_digest:$1,E=drydock_for_good:1,E=drydock_type:" MT_OCTET_STREAM ",L]\n"
		"  RewriteRule ^/v2/.+/manifests/(" SITE_DIGEST ")$ - "
		"[E=drydock_digest:$1,E=drydock_for_good:1,E=drydock_type:${drydock:$1|%s},L]\n"
		"  RewriteCond ${drydock:%%{REQUEST_URI}} ^(.+)$\n"
		"  RewriteCond %%{DOCUMENT_ROOT}/v2/$1/manifests/%%1 -f\n"
		"  RewriteRule ^/v2/(.+)/manifests/[^/:]+$ /v2/$1/manifests/%%1 "
		"[E=drydock_digest:%%1,E=drydock_type:${drydock:%%1|%s},PT,L]\n",
		map_path, site->type, site->type);
	(void)str_addf(out,
	               "  RewriteRule ^/v2/.+/manifests/" SITE_FALLBACK "$ - "
	               "[E=drydock_type:" MT_OCI_INDEX ",L]\n"
	               "  RewriteRule ^/v2/.+/manifests/[^/:]+$ - [E=drydock_type:%s,L]\n"
	               "  RewriteRule ^/v2/.+/referrers/" SITE_DIGEST "$ - "
	               "[E=drydock_type:" MT_OCI_INDEX "]\n"
	               "  RewriteCond %%{DOCUMENT_ROOT}%%{REQUEST_URI} !-f\n"
	               "  RewriteRule ^/v2/.+/referrers/" SITE_DIGEST "$ - [R=200,L]\n"
	               "  RewriteRule ^/v2/.+/referrers/" SITE_DIGEST "$ - [L]\n"
	               "  RewriteRule ^/v2/(_catalog|.+/tags/list)$ - "
	               "[E=drydock_type:application/json,L]\n"
	               "  RewriteRule ^/$ /" PAGE_INDEX " \"[E=drydock_type:" PAGE_TYPE ",PT,L]\"\n"
	               "  RewriteRule ^/" SITE_PAGE "$ - \"[E=drydock_type:" PAGE_TYPE ",L]\"\n"
	               "  RewriteRule ^ - [R=404,L]\n",
	               site->type);
}

/* `always` are answers by a status, `set` those from a file. */
static void add_headers(struct str *out)
{
	(void)str_adds(
		out,
		"  Header set Content-Type %{drydock_type}e env=drydock_type\n"
		"  Header always set Content-Type %{drydock_type}e \"expr=%{REQUEST_STATUS} -lt 400"
		" && -n reqenv('drydock_type')\"\n"
		"  Header always set Content-Type application/json \"expr=%{REQUEST_STATUS} -ge "
		"400\"\n"
		"  Header always set Allow \"GET, HEAD\" \"expr=%{REQUEST_STATUS} -eq 405\"\n"
		"  Header unset Content-Encoding\n"
		"  Header unset Content-Language\n"
		"  Header set Docker-Content-Digest %{drydock_digest}e env=drydock_digest\n"
		"  Header set Cache-Control \"" CACHE_CONTROL_TAG "\"\n"
		"  Header set Cache-Control \"" CACHE_CONTROL_DIGEST "\" env=drydock_for_good\n"
		"  Header always set Docker-Distribution-API-Version registry/2.0\n"
		"  Header always set X-Content-Type-Options nosniff\n"
		"</VirtualHost>\n");
}

int apache_write(const struct site *site, const char *map_path, struct str *config, struct str *map,
                 struct err *err)
{
	(void)str_adds(map,
	               "# Tags and their digests, and digests of manifests and their types.\n");
	if (site_add_tags(site, LINE, map, err) < 0 || site_add_types(site, LINE, map, err) < 0)
		return -1;
	(void)str_adds(
		config,
		"# For Apache 2.4 with the modules headers and rewrite: include it outside of\n"
		"# any virtual host, as /etc/apache2/conf-enabled/drydock.conf. What is yours,\n"
		"# such as ServerName or TLS, is taken from drydock.d/*.conf.\n"
		"# Make it again whenever tags were staged, moved or removed: until then Apache\n"
		"# serves them as they are written in the map beside this file. It reads the\n"
		"# map again by itself.\n\n");
	add_host(site, config);
	add_bodies(config);
	add_rules(site, map_path, config);
	add_headers(config);
	return 0;
}
