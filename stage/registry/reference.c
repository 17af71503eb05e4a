#include "stage/registry/reference.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define LIBRARY      "library/"
#define DOCKER_API   "registry-1.docker.io"
#define DOCKER_INDEX "index.docker.io"

/* What tags have, and what wildcards and classes such as [[:digit:]] are made of. */
static const char PATTERN_ALPHABET[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789._-"
				       "*?[]!^:\\";

bool registry_reference_is(const char *text)
{
	return strncmp(text, REGISTRY_SCHEME, strlen(REGISTRY_SCHEME)) == 0;
}

static bool is_host(const char *text, size_t len)
{
	return memchr(text, '.', len) || memchr(text, ':', len) ||
	       (len == 9 && memcmp(text, "localhost", len) == 0);
}

static int parse_host(struct registry_reference *ref, const char *text, size_t len, struct err *err)
{
	struct err why = ERR_INIT;
	struct uri_endpoint uri;
	char url[8 + REGISTRY_HOST_MAX + 1] = "https://";

	if (len <= REGISTRY_HOST_MAX)
		memcpy(url + 8, text, len);
	if (len > REGISTRY_HOST_MAX || uri_parse_endpoint(&uri, url, &why) < 0 || uri.path[0])
		return err_set(err, ERR_USAGE,
		               "'%.*s' is no host (docker://HOST[:PORT]/NAME[:TAG] is wanted)",
		               len > 100 ? 100 : (int)len, text);
	ref->port = uri.port;
	if (uri.port != 0 || strcmp(uri.host, DOCKER_INDEX) != 0)
		memcpy(ref->host, uri.host, sizeof(ref->host));
	return 0;
}

static bool is_docker_hub(const struct registry_reference *ref)
{
	return ref->port == 0 && strcmp(ref->host, DOCKER_HUB) == 0;
}

static int parse_repo(struct registry_reference *ref, const char *text, size_t len, struct err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			return err_set(err, ERR_USAGE,
			               "repository name '%.*s' has upper-case letters; registries "
			               "know names in lower case only",
			               len > REPO_MAX ? REPO_MAX : (int)len, text);
	if (name_check_repo(text, len, err) < 0) {
		err->code = ERR_USAGE;
		return -1;
	}
	if (is_docker_hub(ref) && !memchr(text, '/', len)) {
		at = strlen(LIBRARY);
		if (at + len > REPO_MAX)
			return err_set(err, ERR_USAGE, "repository name is longer than %d bytes",
			               REPO_MAX);
		memcpy(ref->repo, LIBRARY, at);
	}
	memcpy(ref->repo + at, text, len);
	return 0;
}

static int parse_tag(struct registry_reference *ref, const char *text, size_t len, struct err *err)
{
	bool wild = false;

	for (size_t i = 0; i < len; i++)
		wild = wild || strchr("*?[", text[i]);
	if (!wild && name_check_tag(text, len, err) < 0) {
		err->code = ERR_USAGE;
		return -1;
	}
	if (len > TAG_PATTERN_MAX)
		return err_set(err, ERR_USAGE, "the pattern of tags is longer than %d bytes",
		               TAG_PATTERN_MAX);
	memcpy(ref->tag, text, len);
	ref->tag_is_pattern = wild;
	if (strspn(ref->tag, PATTERN_ALPHABET) != len)
		return err_set(err, ERR_USAGE,
		               "pattern of tags '%s': a character that no tag has (the wildcards "
		               "are *, ? and […])",
		               ref->tag);
	return 0;
}

/* NAME[:TAG][@DIGEST]; NAME has no colon, a pattern for tags may have several. */
static int parse_image(struct registry_reference *ref, const char *text, struct err *err)
{
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : strlen(text);
	const char *colon = memchr(text, ':', len);
	size_t repo_len = colon ? (size_t)(colon - text) : len;

	if (parse_repo(ref, text, repo_len, err) < 0)
		return -1;
	if (colon && parse_tag(ref, colon + 1, len - repo_len - 1, err) < 0)
		return -1;
	if (at && digest_parse(&ref->digest, at + 1, strlen(at + 1), err) < 0) {
		err->code = ERR_USAGE;
		return -1;
	}
	if (at && ref->tag_is_pattern)
		return err_set(err, ERR_USAGE, "a pattern of tags has no one digest");
	if (!at && !colon)
		memcpy(ref->tag, "latest", sizeof("latest"));
	return 0;
}

int registry_reference_parse(struct registry_reference *ref, const char *text, struct err *err)
{
	const char *rest = text + strlen(REGISTRY_SCHEME), *slash, *at;

	memset(ref, 0, sizeof(*ref));
	if (!registry_reference_is(text))
		return err_set(err, ERR_USAGE, "'%.300s' does not begin with " REGISTRY_SCHEME,
		               text);
	at = strchr(rest, '@');
	if (at && strchr(at, '/')) /* what stands before the @ may be a password */
		return err_set(err, ERR_USAGE,
		               REGISTRY_SCHEME "…@…: user names and passwords do not belong here; "
		                               "log in with a file of credentials (--authfile)");
	memcpy(ref->host, DOCKER_HUB, sizeof(DOCKER_HUB));
	slash = strchr(rest, '/');
	if (slash && is_host(rest, (size_t)(slash - rest))) {
		if (parse_host(ref, rest, (size_t)(slash - rest), err) < 0)
			return -1;
		rest = slash + 1;
	}
	if (parse_image(ref, rest, err) < 0)
		return err_context(err, "%.300s", text);
	return 0;
}

static void add_host(struct str *out, const char *host, unsigned port)
{
	(void)str_adds(out, host);
	if (port)
		(void)str_addf(out, ":%u", port);
}

int registry_reference_host(const struct registry_reference *ref, struct str *out)
{
	add_host(out, ref->host, ref->port);
	return out->failed ? -1 : 0;
}

/* Fills in HOST[:PORT], and writes it as registry_reference_host does. */
static int read_host(struct registry_reference *ref, const char *text, size_t len,
                     char host[REGISTRY_HOST_MAX + 1], struct err *err)
{
	AUTO_STR struct str out = STR_INIT(REGISTRY_HOST_MAX);

	memset(ref, 0, sizeof(*ref));
	if (!is_host(text, len))
		return err_set(err, ERR_USAGE, "'%.*s' is no HOST[:PORT] of a registry",
		               (int)(len < 300 ? len : 300), text);
	if (parse_host(ref, text, len, err) < 0 || registry_reference_host(ref, &out) < 0)
		return -1;
	(void)snprintf(host, REGISTRY_HOST_MAX + 1, "%s", str_text(&out));
	return 0;
}

int registry_mirror_parse(struct registry_mirror *mirror, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	struct registry_reference ref;

	if (!equals)
		return err_set(err, ERR_USAGE, "'%.300s' is not HOST=MIRROR", text);
	if (read_host(&ref, text, (size_t)(equals - text), mirror->of, err) < 0 ||
	    read_host(&ref, equals + 1, strlen(equals + 1), mirror->host, err) < 0)
		return -1;
	if (strcmp(mirror->of, mirror->host) == 0)
		return err_set(err, ERR_USAGE, "%s is no mirror of itself", mirror->of);
	return 0;
}

int registry_reference_on_mirror(const struct registry_reference *ref,
                                 const struct registry_mirror *mirror,
                                 struct registry_reference *there)
{
	AUTO_STR struct str host = STR_INIT(REGISTRY_HOST_MAX);
	struct registry_reference at;
	struct err ignored = ERR_INIT;
	char text[REGISTRY_HOST_MAX + 1];

	if (registry_reference_host(ref, &host) < 0 || strcmp(str_text(&host), mirror->of) != 0 ||
	    read_host(&at, mirror->host, strlen(mirror->host), text, &ignored) < 0)
		return -1;
	*there = *ref;
	memcpy(there->host, at.host, sizeof(at.host));
	there->port = at.port;
	memcpy(there->mirrored, mirror->of, sizeof(mirror->of));
	return 0;
}

int registry_reference_api_host(const struct registry_reference *ref, struct str *out)
{
	add_host(out, is_docker_hub(ref) ? DOCKER_API : ref->host, ref->port);
	return out->failed ? -1 : 0;
}

int registry_reference_name(const struct registry_reference *ref, struct str *out)
{
	add_host(out, ref->host, ref->port);
	(void)str_addf(out, "/%s", ref->repo);
	return out->failed ? -1 : 0;
}

int registry_reference_text(const struct registry_reference *ref, struct str *out)
{
	char digest[DIGEST_TEXT_MAX];

	(void)str_adds(out, REGISTRY_SCHEME);
	(void)registry_reference_name(ref, out);
	if (ref->tag[0])
		(void)str_addf(out, ":%s", ref->tag);
	if (ref->digest.alg != DIGEST_NONE)
		(void)str_addf(out, "@%s", digest_text(&ref->digest, digest));
	return out->failed ? -1 : 0;
}
