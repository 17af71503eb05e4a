#include "stage/registry/link.h"

#include "base/http/header.h"
#include "base/http/transport.h"
#include "base/http/uri.h"

#include "base/cleanup.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static int malformed(struct err *err, const char *why)
{
	return err_set(err, ERR_MALFORMED, "Link: %s", why);
}

static bool equals(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* ---- the header ---- */

struct link_value {
	const char *target; /* borrowed: of the header */
	size_t target_len;
	bool has_rel; /* the first rel counts (RFC 8288, 3.3) */
	bool is_next;
	bool has_anchor; /* then it is no link of this page */
};

/* Whether a list of relation types has "next". */
static bool has_next(const char *types)
{
	for (types += strspn(types, HEADER_BLANK); *types; types += strspn(types, HEADER_BLANK)) {
		size_t len = strcspn(types, HEADER_BLANK);

		if (equals(types, len, "next"))
			return true;
		types += len;
	}
	return false;
}

/* Reads `name[=value]` at *at, which is left behind it. */
static int read_parameter(struct link_value *link, const char **at, struct err *err)
{
	AUTO_STR struct str value = STR_INIT(LINK_HEADER_MAX);
	const char *name = *at;
	size_t len = header_token_length(name);

	*at += len;
	*at += strspn(*at, HEADER_BLANK);
	if (**at == '=') {
		++*at;
		*at += strspn(*at, HEADER_BLANK);
		if (header_read_value(at, ",;", &value, err) < 0)
			return err_context(err, "Link");
	}
	if (equals(name, len, "rel") && !link->has_rel) {
		link->has_rel = true;
		link->is_next = has_next(str_text(&value));
	}
	if (equals(name, len, "anchor"))
		link->has_anchor = true;
	return 0;
}

/* Reads `<target>; parameter; …` at *at, which is left at a comma or at the end. */
static int read_link(struct link_value *link, const char **at, struct err *err)
{
	const char *end = **at == '<' ? strchr(*at, '>') : NULL;

	if (!end)
		return malformed(err, "no <target>");
	memset(link, 0, sizeof(*link));
	link->target = *at + 1;
	link->target_len = (size_t)(end - link->target);
	for (*at = end + 1;;) {
		*at += strspn(*at, HEADER_BLANK);
		if (**at == ',' || !**at)
			return 0;
		if (**at != ';')
			return malformed(err, "a parameter was expected");
		++*at;
		*at += strspn(*at, HEADER_BLANK);
		if (read_parameter(link, at, err) < 0)
			return -1;
	}
}

/* ---- the target ---- */

/* Reads an authority, HOST[:PORT]. */
static int read_host(const char *authority, size_t len, struct uri_endpoint *uri, struct err *err)
{
	AUTO_STR struct str url = STR_INIT(LINK_URL_MAX);
	struct err why = ERR_INIT;

	(void)str_adds(&url, "https://");
	(void)str_add(&url, authority, len);
	if (url.failed || uri_parse_endpoint(uri, str_text(&url), &why) < 0)
		return malformed(err, "the URL has no valid host");
	return 0;
}

/*
 * Leaves *target at the path of a reference that may be a whole URL, which must name the host of
 * `origin`.
 */
static int skip_origin(const char **target, const char *authority, size_t len, struct err *err)
{
	const char *p = *target;
	size_t word = strcspn(p, ":/?");
	struct uri_endpoint own, other;

	if (p[word] == ':' && word > 0) {
		if (!equals(p, word, "http") && !equals(p, word, "https"))
			return err_set(err, ERR_REFUSED, "Link: neither http nor https");
		p += word + 1;
		if (strncmp(p, "//", 2) != 0)
			return malformed(err, "the URL has no valid host");
	}
	if (strncmp(p, "//", 2) != 0)
		return 0;
	p += 2;
	word = strcspn(p, "/?");
	if (read_host(p, word, &other, err) < 0 || read_host(authority, len, &own, err) < 0)
		return -1;
	if (strcmp(own.host, other.host) != 0)
		return err_set(err, ERR_REFUSED, "Link: the next page is on another host, %s",
		               other.host);
	*target = p + word;
	/* A whole URL has a path of its own, if only an empty one. */
	if (**target == '?' || !**target)
		return malformed(err, "the URL has no path");
	return 0;
}

/* Appends a path, which begins with a slash, without its `.` and `..` (RFC 3986, 5.2.4). */
static void add_path(struct str *out, const char *path)
{
	size_t root = out->len;

	while (*path) {
		size_t len = 1 + strcspn(path + 1, "/");
		bool stay = len == 2 && path[1] == '.';
		bool up = len == 3 && path[1] == '.' && path[2] == '.';

		while (up && out->len > root && out->data[--out->len] != '/')
			;
		if (!stay && !up)
			(void)str_add(out, path, len);
		else if (!path[len])
			(void)str_addc(out, '/');
		path += len;
	}
}

/* Appends the target, resolved against `url`. */
static int resolve(const char *url, const char *target, struct str *next, struct err *err)
{
	AUTO_STR struct str path = STR_INIT(2 * LINK_URL_MAX);
	const char *authority = strstr(url, "://");
	const char *own_path, *rest = target;
	size_t own_len, path_len, start = next->len;

	if (!authority)
		return err_set(err, ERR_BUG, "Link: the request's URL is not absolute");
	authority += 3;
	own_path = authority + strcspn(authority, "/?#");
	own_len = strcspn(own_path, "?#");
	if (skip_origin(&rest, authority, (size_t)(own_path - authority), err) < 0)
		return -1;
	path_len = strcspn(rest, "?");
	if (path_len == 0)
		(void)str_add(&path, own_path, own_len);
	while (path_len > 0 && *rest != '/' && own_len > 0 && own_path[own_len - 1] != '/')
		own_len--;
	if (path_len > 0 && *rest != '/')
		(void)str_add(&path, own_path, own_len);
	if (path.len == 0 && *rest != '/')
		(void)str_addc(&path, '/');
	(void)str_add(&path, rest, path_len);
	(void)str_add(next, url, (size_t)(own_path - url));
	add_path(next, str_text(&path));
	(void)str_adds(next, rest + path_len);
	if (next->failed || path.failed || next->len - start > LINK_URL_MAX)
		return err_set(err, ERR_REFUSED, "Link: the URL of the next page is too long");
	if (strcmp(next->data + start, url) == 0)
		return malformed(err, "the next page is this page");
	return 0;
}

static int use_target(const struct link_value *link, const char *url, struct str *next,
                      struct err *err)
{
	AUTO_STR struct str target = STR_INIT(LINK_URL_MAX);
	const char *hash = memchr(link->target, '#', link->target_len);
	size_t len = hash ? (size_t)(hash - link->target) : link->target_len;

	for (size_t i = 0; i < len; i++) {
		char c = link->target[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<\\", c))
			return malformed(err, "the URL has a character that no URL has");
	}
	if (len == 0)
		return malformed(err, "the next page is this page");
	if (str_add(&target, link->target, len) < 0)
		return err_set(err, ERR_REFUSED, "Link: the URL of the next page is too long");
	return resolve(url, str_text(&target), next, err);
}

int registry_link_find(const char *value, const char *url, struct str *next, struct err *err)
{
	if (strnlen(value, LINK_HEADER_MAX + 1) > LINK_HEADER_MAX)
		return err_set(err, ERR_REFUSED, "Link: more than %d bytes", LINK_HEADER_MAX);
	for (const char *p = value; *(p += strspn(p, HEADER_BLANK ","));) {
		struct link_value link;

		if (read_link(&link, &p, err) < 0)
			return -1;
		if (link.is_next && !link.has_anchor)
			return use_target(&link, url, next, err);
	}
	return 0;
}

int registry_link_next(const struct str *headers, const char *url, struct str *next,
                       struct err *err)
{
	size_t start = next->len;

	for (const char *value = NULL;
	     next->len == start && (value = http_headers_next(headers, "link", value));)
		if (registry_link_find(value, url, next, err) < 0)
			return -1;
	return 0;
}
