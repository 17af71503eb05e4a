/* nginx, which shows at the root of a host what lies below a path, behind a prefix, or elsewhere.
 */
#include "sync/recipe/recipe_internal.h"

#include <ctype.h>
#include <string.h>

#define CERTS "/etc/nginx/drydock"

/* Letters, digits, dots and dashes of the bucket and prefix, for names of files. */
static void add_name(struct str *out, const struct endpoint *e)
{
	(void)str_addf(out, "%s%s", e->bucket, *e->prefix ? "-" : "");
	for (const char *at = e->prefix; *at && (at[1] || *at != '/'); at++)
		(void)str_addc(out, isalnum((unsigned char)*at) || *at == '.' ? *at : '-');
}

static bool is_address(const char *host)
{
	return host[0] == '[' || strcmp(host, "localhost") == 0 ||
	       strspn(host, "0123456789.") == strlen(host);
}

/* nginx compares the names in a certificate, and no addresses. */
static void write_tls(struct str *out, const struct recipe_place *p, const char *name)
{
	(void)str_adds(out, "  proxy_ssl_server_name on;\n");
	if (p->no_verify || is_address(p->endpoint->host)) {
		(void)str_adds(out, "  # The bucket's certificate is not checked.\n");
		return;
	}
	(void)str_adds(out, "  proxy_ssl_verify on;\n  proxy_ssl_verify_depth 4;\n"
	                    "  proxy_ssl_trusted_certificate ");
	(void)str_addf(
		out, p->ca_bundle ? CERTS "/%s/ca.crt;\n" : "/etc/ssl/certs/ca-certificates.crt;\n",
		name);
}

static void write_location(struct str *out, const struct recipe_place *p, const char *name)
{
	(void)str_addf(out, "location /v2/ {\n  proxy_pass \"%sv2/\";\n", p->object_url);
	(void)str_addf(out, "  proxy_set_header Host \"%s\";\n", p->object_host);
	(void)str_adds(out,
	               "  # The bucket is read by everybody: a client's password is none of its "
	               "business.\n"
	               "  proxy_set_header Authorization \"\";\n"
	               "  proxy_set_header Connection \"\";\n"
	               "  proxy_http_version 1.1;\n"
	               "  proxy_max_temp_file_size 0;\n"
	               "  # oras asks tags for it, and docker what is named by sha512.\n"
	               "  add_header Docker-Content-Digest "
	               "$upstream_http_x_amz_meta_docker_content_digest;\n"
	               "  # Many servers know one range at a time: several are cut here.\n"
	               "  set $one_range $http_range;\n"
	               "  if ($http_range ~ ,) {\n    set $one_range \"\";\n  }\n"
	               "  proxy_set_header Range $one_range;\n"
	               "  proxy_force_ranges on;\n");
	if (p->endpoint->https)
		write_tls(out, p, name);
	(void)str_adds(out, "  limit_except GET {\n    deny all;\n  }\n}\n");
}

int recipe_nginx(struct recipe *r, const struct recipe_place *p, struct err *err)
{
	const char *host = p->host_given ? p->address->host : "HOST";
	struct str name = STR_INIT(BUCKET_MAX + PREFIX_MAX);
	struct recipe_file *file;

	(void)err;
	add_name(&name, p->endpoint);
	(void)str_addf(&r->what,
	               "nginx shows %s at %s: include the file in the server block of that host",
	               p->url, host);
	file = recipe_add_file(r, "");
	(void)str_addf(&file->path, "/etc/nginx/snippets/drydock-%s.conf", str_text(&name));
	write_location(&file->content, p, str_text(&name));
	if (strstr(str_text(&file->content), CERTS)) {
		recipe_add_ca(r, p, CERTS, str_text(&name));
	}
	if (!is_address(p->endpoint->host)) {
		file = recipe_add_file(r, "nginx asks for the bucket's address when it starts, and "
		                          "does not start where that fails, at boot above all");
		(void)str_adds(&file->path, "/etc/systemd/system/nginx.service.d/drydock.conf");
		(void)str_adds(&file->content, "[Unit]\nWants=network-online.target\n"
		                               "After=network-online.target nss-lookup.target\n"
		                               "StartLimitIntervalSec=0\n\n"
		                               "[Service]\nRestart=on-failure\nRestartSec=5s\n");
		(void)str_adds(&r->commands, "systemctl daemon-reload\n");
	}
	(void)str_adds(&r->commands, "nginx -t && systemctl reload nginx\ndrydock doctor ");
	(void)str_add_shell_word(&r->commands, p->url);
	(void)str_addf(&r->commands, " --pull-host %s\n", host);
	str_release(&name);
	return 0;
}
