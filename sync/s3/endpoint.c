#include "sync/s3/endpoint.h"

#include "sync/credentials/service_url.h"

#include "base/http/uri.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)URI_HOST_MAX == (int)HOST_MAX && (int)URI_PATH_MAX == (int)PREFIX_MAX,
               "buffers of uri and endpoint are copied into each other");

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Letters, digits and . _ - only: it goes into a host name, a header and the signature. */
static bool is_word(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower(text[i]) && !is_digit(text[i]) && !strchr("._-", text[i]) &&
		    !(text[i] >= 'A' && text[i] <= 'Z'))
			return false;
	return true;
}

bool endpoint_bucket_is_label(const char *bucket, bool https)
{
	size_t len = strlen(bucket);

	if (len < 3 || len > 63 || bucket[0] == '-' || bucket[len - 1] == '-' || bucket[0] == '.' ||
	    bucket[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (bucket[i] == '.' && (https || bucket[i + 1] == '.'))
			return false;
		if (!is_lower(bucket[i]) && !is_digit(bucket[i]) && !strchr(".-", bucket[i]))
			return false;
	}
	return true;
}

static bool is_address(const char *host)
{
	if (host[0] == '[' || strcmp(host, "localhost") == 0)
		return true;
	return strspn(host, "0123456789.") == strlen(host);
}

static int set_prefix(struct endpoint *e, const char *prefix, struct err *err)
{
	size_t len;

	e->prefix[0] = '\0';
	if (!prefix)
		return 0;
	while (*prefix == '/')
		prefix++;
	for (len = strlen(prefix); len > 0 && prefix[len - 1] == '/'; len--)
		;
	if (len == 0)
		return 0;
	if (len + 1 > PREFIX_MAX)
		return err_set(err, ERR_USAGE, "the prefix is longer than %d bytes", PREFIX_MAX);
	for (size_t at = 0, n; at <= len; at += n + 1) {
		n = strcspn(prefix + at, "/");
		if (n > len - at)
			n = len - at;
		if (n == 0 || (n == 1 && prefix[at] == '.') ||
		    (n == 2 && memcmp(prefix + at, "..", 2) == 0))
			return err_set(err, ERR_USAGE,
			               "the prefix \"%.100s\" has an empty, . or .. component",
			               prefix);
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)prefix[i] < 0x20 || prefix[i] == 0x7F)
			return err_set(err, ERR_USAGE, "the prefix has a control character");
	(void)snprintf(e->prefix, sizeof(e->prefix), "%.*s/", (int)len, prefix);
	return 0;
}

/* "s3.eu-west-1.amazonaws.com" and its like ("Amazon S3 endpoints and quotas"). */
static void derive_host(struct endpoint *e)
{
	(void)snprintf(e->host, sizeof(e->host), "s3%s%s.%s.%s", e->fips ? "-fips" : "",
	               e->dual_stack ? ".dualstack" : "", e->region,
	               aws_region_suffix(e->region, false));
}

/* People paste the bucket's own address as the endpoint: take the bucket off again. */
static bool strip_bucket(struct endpoint *e)
{
	size_t len = strlen(e->bucket);

	if (!e->provider->host_suffix || strncmp(e->host, e->bucket, len) != 0 ||
	    e->host[len] != '.' || strlen(e->host + len) <= strlen(e->provider->host_suffix))
		return false;
	memmove(e->host, e->host + len + 1, strlen(e->host + len + 1) + 1);
	return true;
}

static int parse_url(struct uri_endpoint *uri, const char *url, struct err *err)
{
	if (uri_parse_endpoint(uri, url, err) < 0)
		return -1;
	/* Which of the two is meant cannot be guessed, and the wrong one times out. */
	if (!strstr(url, "://"))
		return err_set(err, ERR_CONFIG,
		               "\"%.100s\": it has no scheme; say https://%.100s or http://%.100s",
		               url, url, url);
	return 0;
}

int endpoint_check_url(const char *url, struct err *err)
{
	struct uri_endpoint uri;

	return parse_url(&uri, url, err);
}

static int set_host(struct endpoint *e, const char *url, struct err *err)
{
	struct uri_endpoint uri;
	const char *last;

	if (parse_url(&uri, url, err) < 0)
		return err_context(err, "endpoint URL");
	last = strrchr(uri.path, '/');
	if (last && strcmp(last + 1, e->bucket) == 0)
		return err_set(
			err, ERR_CONFIG,
			"endpoint URL: \"%.100s\": the bucket's name does not belong into its "
			"path; it is in s3://%s already",
			url, e->bucket);
	e->https = uri.https;
	e->port = uri.port;
	memcpy(e->host, uri.host, sizeof(e->host));
	memcpy(e->base, uri.path, sizeof(e->base));
	return 0;
}

static int set_provider(struct endpoint *e, const char *name, struct err *err)
{
	AUTO_STR struct str names = STR_INIT(1024);

	e->provider = name ? provider_find(name) : provider_guess(e->host);
	if (e->provider)
		return 0;
	for (unsigned i = 0; provider_at(i); i++)
		if (!provider_is_further_row(i))
			(void)str_addf(&names, "%s%s", i > 0 ? ", " : "", provider_at(i)->name);
	return err_set(err, ERR_CONFIG, "provider \"%.40s\" is none of those that are known: %s",
	               name, str_text(&names));
}

static int set_region(struct endpoint *e, const char *region, struct err *err)
{
	if (region && !is_word(region, REGION_MAX))
		return err_set(err, ERR_CONFIG, "\"%.70s\" is no region name", region);
	if (region)
		(void)snprintf(e->region, sizeof(e->region), "%s", region);
	else if (!provider_region_of_host(e->provider, e->host, e->region, sizeof(e->region)))
		(void)snprintf(e->region, sizeof(e->region), "%s", e->provider->region);
	return 0;
}

static int set_style(struct endpoint *e, enum addressing addressing, bool stripped, struct err *err)
{
	bool possible = !is_address(e->host) && endpoint_bucket_is_label(e->bucket, e->https);
	bool address = is_address(e->host) && strcmp(e->host, "localhost") != 0;

	if (addressing == ADDRESSING_VIRTUAL &&
	    (address || !endpoint_bucket_is_label(e->bucket, false)))
		return err_set(err, ERR_CONFIG,
		               "bucket \"%s\" cannot be put before host \"%s\": use path style",
		               e->bucket, e->host);
	if (addressing == ADDRESSING_UNSAID || addressing == ADDRESSING_AUTO)
		e->virtual_host =
			possible && (stripped || provider_has(e->provider, PROVIDER_VIRTUAL_HOST));
	else
		e->virtual_host = addressing == ADDRESSING_VIRTUAL;
	if (e->virtual_host && strlen(e->bucket) + 1 + strlen(e->host) > HOST_MAX)
		return err_set(err, ERR_CONFIG, "bucket and host are too long for a host name");
	return 0;
}

int endpoint_make(struct endpoint *e, const struct endpoint_settings *settings, struct err *err)
{
	bool stripped;

	memset(e, 0, sizeof(*e));
	e->https = true;
	if (!settings->bucket || !is_word(settings->bucket, BUCKET_MAX))
		return err_set(err, ERR_USAGE, "\"%.100s\" is no bucket name",
		               settings->bucket ? settings->bucket : "");
	(void)snprintf(e->bucket, sizeof(e->bucket), "%s", settings->bucket);
	if (set_prefix(e, settings->prefix, err) < 0)
		return -1;
	e->documents_host = !settings->url;
	e->dual_stack = e->documents_host && settings->dual_stack;
	e->fips = e->documents_host && settings->fips;
	e->requester_pays = settings->requester_pays;
	if (settings->url && set_host(e, settings->url, err) < 0)
		return -1;
	if (set_provider(e, !settings->url && !settings->provider ? "aws" : settings->provider,
	                 err) < 0)
		return -1;
	if (e->documents_host && strcmp(e->provider->name, "aws") != 0)
		return err_set(err, ERR_CONFIG, "%s needs an endpoint URL (--endpoint-url)",
		               e->provider->title);
	stripped = strip_bucket(e);
	if (set_region(e, settings->region, err) < 0)
		return -1;
	if (e->documents_host)
		derive_host(e);
	return set_style(e, settings->addressing, stripped, err);
}

bool endpoint_set_region(struct endpoint *e, const char *region)
{
	if (!is_word(region, REGION_MAX) || strcmp(region, e->region) == 0)
		return false;
	(void)snprintf(e->region, sizeof(e->region), "%s", region);
	if (e->documents_host)
		derive_host(e);
	return true;
}

int endpoint_host(const struct endpoint *e, struct str *out)
{
	if (e->virtual_host)
		(void)str_addf(out, "%s.", e->bucket);
	(void)str_adds(out, e->host);
	/* The scheme's own port is left out, as libcurl leaves it out of what it sends. */
	if (e->port != 0 && e->port != (e->https ? 443u : 80u))
		(void)str_addf(out, ":%u", e->port);
	return out->failed ? -1 : 0;
}

int endpoint_path(const struct endpoint *e, const char *key, struct str *out)
{
	(void)str_adds(out, e->base);
	if (!e->virtual_host)
		(void)str_addf(out, "/%s", e->bucket);
	if (key || e->virtual_host)
		(void)str_addc(out, '/');
	if (key) {
		(void)uri_encode(out, e->prefix, strlen(e->prefix), URI_KEEP_SLASH);
		(void)uri_encode(out, key, strlen(key), URI_KEEP_SLASH);
	}
	return out->failed ? -1 : 0;
}

int endpoint_origin(const struct endpoint *e, struct str *out)
{
	(void)str_addf(out, "%s://", e->https ? "https" : "http");
	return endpoint_host(e, out);
}

/* Partitions of Amazon S3 have host names of their own, or, the government's, regions. */
static bool is_amazon(const char *host)
{
	return !strstr(host, ".us-gov-") && !strstr(host, ".amazonaws.eu") &&
	       strcmp(provider_guess(host)->name, "aws") == 0;
}

/*
 * A host without the bucket and, of Amazon S3, without the region; as it is called from anywhere;
 * and the port that is meant.
 */
static void add_place(struct str *out, bool https, const char *host, unsigned port)
{
	size_t len = strlen(host);
	char public[HOST_MAX + 1];

	(void)str_addf(out, "%s://", https ? "https" : "http");
	(void)snprintf(public, sizeof(public), "%s", host);
	provider_public_host(provider_guess(host), public);
	if (is_amazon(host))
		(void)str_adds(out,
		               host[len - 1] == 'n' ? "s3.amazonaws.com.cn" : "s3.amazonaws.com");
	else
		(void)str_adds(out, public);
	if (port != 0 && port != (https ? 443u : 80u))
		(void)str_addf(out, ":%u", port);
}

int endpoint_identity(const struct endpoint *e, struct str *out)
{
	struct endpoint plain = *e;

	plain.dual_stack = plain.fips = false;
	if (e->documents_host)
		derive_host(&plain);
	add_place(out, e->https, plain.host, e->port);
	(void)str_addf(out, "%s/", e->base);
	return out->failed ? -1 : 0;
}

bool endpoint_was_named(const struct endpoint *e, const char *name)
{
	AUTO_STR struct str here = STR_INIT(1024);
	AUTO_STR struct str there = STR_INIT(1024);
	size_t bucket_len = strlen(e->bucket);
	const char *colon = strstr(name, "://");
	struct uri_endpoint uri;
	struct err ignored;
	const char *host = uri.host;

	if (!colon || strchr(colon + 3, '/') || uri_parse_endpoint(&uri, name, &ignored) < 0)
		return false;
	if (strncmp(host, e->bucket, bucket_len) == 0 && host[bucket_len] == '.' &&
	    strcmp(host, e->host) != 0)
		host += bucket_len + 1;
	add_place(&here, e->https, e->host, e->port);
	add_place(&there, uri.https, host, uri.port);
	return !here.failed && !there.failed && strcmp(str_text(&here), str_text(&there)) == 0;
}
