#include "sync/doctor/pull_address.h"

#include "base/cleanup.h"
#include "base/http/uri.h"

#include <stdio.h>
#include <string.h>

static bool is_local(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "[::1]") == 0;
}

static enum pull_kind kind_of(bool https, const char *host)
{
	if (https)
		return PULL_HTTPS;
	return is_local(host) ? PULL_LOCAL : PULL_HTTP;
}

static int of_host(struct pull_address *a, const char *text, struct err *err)
{
	struct uri_endpoint uri;
	char port[16] = "";

	if (uri_parse_endpoint(&uri, text, err) < 0)
		return -1;
	if (uri.path[0])
		return err_set(err, ERR_USAGE,
		               "\"%.200s\": container clients know hosts, not paths; write HOST or "
		               "HOST:PORT",
		               text);
	if (!strstr(text, "://") && is_local(uri.host))
		uri.https = false;
	if (uri.port)
		(void)snprintf(port, sizeof(port), ":%u", uri.port);
	a->kind = kind_of(uri.https, uri.host);
	(void)snprintf(a->host, sizeof(a->host), "%s%s", uri.host, port);
	(void)snprintf(a->base, sizeof(a->base), "%s://%s%s/", uri.https ? "https" : "http",
	               uri.host, port);
	return 0;
}

/*
 * Services that have a host for each bucket have it whatever style requests are sent in; and
 * clients are not where only the service's own machines are.
 */
static struct endpoint as_clients_see_it(const struct endpoint *endpoint)
{
	struct endpoint e = *endpoint;

	provider_public_host(e.provider, e.host);
	if (e.provider->host_suffix && provider_has(e.provider, PROVIDER_VIRTUAL_HOST) &&
	    endpoint_bucket_is_label(e.bucket, e.https))
		e.virtual_host = true;
	return e;
}

static int of_bucket(struct pull_address *a, const struct endpoint *endpoint, struct err *err)
{
	const struct endpoint e = as_clients_see_it(endpoint);
	AUTO_STR struct str base = STR_INIT(sizeof(a->base) - 1);
	size_t len;

	if (endpoint_origin(&e, &base) < 0 || endpoint_path(&e, "", &base) < 0)
		return err_memory(err);
	(void)snprintf(a->base, sizeof(a->base), "%s", str_text(&base));
	(void)snprintf(a->host, sizeof(a->host), "%s", strstr(a->base, "://") + 3);
	len = strlen(a->host);
	while (len > 0 && a->host[len - 1] == '/')
		a->host[--len] = '\0';
	if (!e.virtual_host && e.https && strchr(e.bucket, '.') &&
	    provider_has(e.provider, PROVIDER_VIRTUAL_HOST))
		a->kind = PULL_DOTTED;
	else if (!e.virtual_host || e.base[0] || e.prefix[0])
		a->kind = PULL_BELOW_PATH;
	else
		a->kind = kind_of(e.https, e.host);
	return 0;
}

static void add_port(struct pull_address *a)
{
	int len = (int)strcspn(a->host, "/");
	const char *name_end = a->host[0] == '[' ? strchr(a->host, ']') : a->host;
	const char *colon = name_end ? strchr(name_end, ':') : NULL;
	bool has_port = colon && colon < a->host + len;
	const char *port = strncmp(a->base, "https:", 6) == 0 ? ":443" : ":80";

	(void)snprintf(a->connect, sizeof(a->connect), "%.*s%s", len, a->host,
	               has_port ? "" : port);
}

int pull_address_make(struct pull_address *address, const char *pull_host,
                      const struct endpoint *endpoint, struct err *err)
{
	int made = pull_host && *pull_host ? of_host(address, pull_host, err)
	                                   : of_bucket(address, endpoint, err);

	if (made == 0)
		add_port(address);
	return made;
}
