#include "stage/serve/route.h"

#include "base/cleanup.h"
#include "base/http/uri.h"
#include "base/layout.h"

#include <stdio.h>
#include <string.h>

enum { TARGET_MAX = 8192 };

/* "http://host/v2/" means "/v2/" (RFC 9112, 3.2.2). */
static const char *skip_host(const char *target)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < 2; i++)
		if (strncmp(target, schemes[i], strlen(schemes[i])) == 0) {
			target += strlen(schemes[i]);
			return target + strcspn(target, "/?");
		}
	return target;
}

/* Digits only; what is too large for 64 bits is as good as no limit. */
static bool parse_n(const char *text, uint64_t *n)
{
	*n = 0;
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		*n = *n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *n * 10 + digit;
	}
	return true;
}

/* One name=value of the query; names that no endpoint knows are left alone. */
static bool apply_parameter(struct route *route, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;
	AUTO_STR struct str name = STR_INIT(TARGET_MAX), value = STR_INIT(TARGET_MAX);

	/* A + stands for itself: neither names nor media types have spaces, and the latter have +.
	 */
	if (uri_decode(&name, text, name_len, false) < 0 ||
	    (equals && uri_decode(&value, equals + 1, len - name_len - 1, false) < 0))
		return false;
	if (strcmp(str_text(&name), "n") == 0) {
		route->limited = true;
		return parse_n(str_text(&value), &route->n);
	}
	/* What is cut is longer than any entry: those behind the text are behind what is left. */
	if (strcmp(str_text(&name), "last") == 0)
		(void)snprintf(route->last, sizeof(route->last), "%s", str_text(&value));
	else if (strcmp(str_text(&name), "artifactType") == 0)
		(void)snprintf(route->artifact_type, sizeof(route->artifact_type), "%s",
		               str_text(&value));
	return true;
}

static bool apply_query(struct route *route, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");

		if (len > 0 && !apply_parameter(route, query, len))
			return false;
		query += len;
		query += *query == '&';
	}
	return true;
}

/*
 * The grammar of the image-spec's descriptor.md, "Digests": whether the text is a digest of some
 * algorithm, if only of one that no root has.
 */
static bool is_digest(const char *text)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char encoded[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=_-";
	size_t len;

	for (;;) {
		len = strspn(text, lower);
		if (len == 0 || !text[len] || !strchr("+._-:", text[len]))
			return false;
		text += len + 1;
		if (text[-1] == ':')
			break;
	}
	return *text && !text[strspn(text, encoded)];
}

/* False when it breaks the grammar. One that is registered must have exactly its length of hex. */
static bool parse_digest(struct route *route, const char *text)
{
	static const char *const registered[] = {"sha256:", "sha512:"};

	if (digest_parse_quiet(&route->digest, text, strlen(text)))
		return true;
	for (size_t i = 0; i < 2; i++)
		if (strncmp(text, registered[i], strlen(registered[i])) == 0)
			return false;
	return is_digest(text);
}

static enum route_kind parse_reference(struct route *route, const char *reference)
{
	struct err ignored = ERR_INIT;

	if (strchr(reference, ':'))
		return parse_digest(route, reference) ? ROUTE_MANIFEST : ROUTE_BAD_DIGEST;
	if (name_check_tag(reference, strlen(reference), &ignored) == 0)
		(void)snprintf(route->tag, sizeof(route->tag), "%s", reference);
	return ROUTE_MANIFEST;
}

/* `folder` and what follows it. */
static enum route_kind parse_endpoint(struct route *route, const char *folder, const char *last)
{
	if (strcmp(folder, "manifests") == 0)
		return parse_reference(route, last);
	if (strcmp(folder, "tags") == 0)
		return strcmp(last, "list") == 0 ? ROUTE_TAGS_LIST : ROUTE_UNKNOWN;
	if (strcmp(folder, "blobs") == 0)
		return parse_digest(route, last) ? ROUTE_BLOB : ROUTE_BAD_DIGEST;
	if (strcmp(folder, "referrers") == 0)
		return parse_digest(route, last) ? ROUTE_REFERRERS : ROUTE_BAD_DIGEST;
	return ROUTE_UNKNOWN;
}

/* `rest` is what follows /v2/; it is cut up. */
static enum route_kind parse_repository(struct route *route, char *rest)
{
	char *last = strrchr(rest, '/'), *folder;
	struct err ignored = ERR_INIT;
	enum route_kind kind;

	if (strstr(rest, "/blobs/uploads"))
		return ROUTE_UPLOAD;
	if (!last)
		return ROUTE_UNKNOWN;
	*last++ = '\0';
	folder = strrchr(rest, '/');
	if (!folder)
		return ROUTE_UNKNOWN;
	*folder++ = '\0';
	kind = parse_endpoint(route, folder, last);
	if (kind == ROUTE_UNKNOWN)
		return kind;
	if (name_check_repo(rest, strlen(rest), &ignored) < 0)
		return ROUTE_BAD_NAME;
	(void)snprintf(route->repo, sizeof(route->repo), "%s", rest);
	return kind;
}

static enum route_kind parse_path(struct route *route, char *path)
{
	if (!*path || strcmp(path, "/") == 0) {
		(void)snprintf(route->page, sizeof(route->page), "%s", PAGE_INDEX);
		return ROUTE_HOME;
	}
	if (page_path_is_one(path + 1)) {
		(void)snprintf(route->page, sizeof(route->page), "%s", path + 1);
		return ROUTE_PAGE;
	}
	if (strcmp(path, "/v2") == 0 || strcmp(path, "/v2/") == 0)
		return ROUTE_PING;
	if (strcmp(path, "/v2/_catalog") == 0)
		return ROUTE_CATALOG;
	if (strncmp(path, "/v2/", 4) == 0)
		return parse_repository(route, path + 4);
	return ROUTE_UNKNOWN;
}

void route_parse(struct route *route, const char *target)
{
	AUTO_STR struct str path = STR_INIT(TARGET_MAX);
	size_t len;

	memset(route, 0, sizeof(*route));
	target = skip_host(target);
	len = strcspn(target, "?");
	if (uri_decode(&path, target, len, false) < 0)
		return;
	route->kind = parse_path(route, path.data ? path.data : (char[1]){""});
	/* Pages have no parameters: what a browser was told to add is left alone. */
	if (route->kind > ROUTE_PAGE && target[len] == '?' && !apply_query(route, target + len + 1))
		route->kind = ROUTE_BAD_QUERY;
}
